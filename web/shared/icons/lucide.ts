// Owns which of Lucide's icons come into the page, former names of some included. Lucide's licence is LICENSE-lucide beside
// this file.

export {
  Sun, Moon, Cloud, CloudSun, CloudRain, CloudSnow, CloudLightning, Wind, Droplets, Snowflake, Umbrella, Thermometer,
  Plane, Hotel, TrainFront, Bus, Car, Bike, Ship, Luggage, Ticket, Map, Bed, ShoppingCart, ShoppingBag, Store,
  Package, Truck, Tag, Gift, CreditCard, Wallet, Receipt, Pause, Music, Video, Camera, Mic, Users, UserPlus, Heart,
  ThumbsUp, MessageCircle, Send, Bell, House, Key, Utensils, Coffee, File, Folder, Paperclip, Download, Upload, Copy,
  Trash2, Pencil, Link, Bookmark, ArrowUp, ArrowDown, ArrowLeft, ArrowRight, RefreshCw, TrendingUp, TrendingDown,
  CircleCheck, CircleX, CircleAlert, TriangleAlert, X, Minus, Lock, Eye, Flag, Trophy, Flame, Leaf, Home, Trash,
  AlertTriangle, AlertCircle, XCircle, CheckCircle2, Volume2, Settings, Zap, Wifi, Building, Building2, Shield,
  Share2, Filter, FileText,
} from "lucide";
