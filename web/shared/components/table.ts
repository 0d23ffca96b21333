// Owns which component draws which type of node.

import type { Draws } from "../drawing";
import { Badge, Icon } from "./badge";
import { Basic, Box, Col, Divider, Row, Spacer } from "./box";
import { Button } from "./button";
import { Card } from "./card";
import { Chart } from "./chart";
import { Checkbox, RadioGroup } from "./choices";
import { DatePicker } from "./date";
import { Form } from "./form";
import { Image } from "./image";
import { Input, Textarea } from "./input";
import { ListView, ListViewItem } from "./list";
import { Select } from "./select";
import { Cell, Table, TableRow } from "./table-view";
import { Caption, Label, Markdown, Text, Title } from "./text";
import { Transition } from "./transition";

export const table: Record<string, Draws> = {
  Badge, Basic, Box, Button, Caption, Card, Chart, Checkbox, Col, DatePicker, Divider, Form, Icon, Image, Input, Label,
  ListView, ListViewItem, Markdown, RadioGroup, Row, Select, Spacer, Text, Textarea, Title, Transition,
  Table, "Table.Row": TableRow, "Table.Cell": Cell,
};
