// Where a view is shown: client, theme, width, language, time zone. All of it stands in the address.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { place, setQuery } from "../app/router";
import { theme } from "../app/theme";
import { Icon } from "../parts/icon";
import type { Surroundings } from "./bridge";
import { type Client, client, clients } from "./clients";

const ownZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
export const MIN = 280;
export const MAX = 960;

export interface Setting extends Surroundings {
  client: Client;
  width: number | undefined;
}

const valid = (text: string | null, probe: (text: string) => unknown): string | undefined => {
  try {
    if (!text) return undefined;
    probe(text);
    return text;
  } catch {
    return undefined;
  }
};

/** What the address says, and what holds where it says nothing. */
export function useSetting(): Setting {
  const { query } = place.value;
  const said = query.get("theme");
  const width = Number(query.get("width"));
  return {
    client: client(query.get("client")),
    theme: said === "light" || said === "dark" ? said : theme.value,
    width: width >= MIN && width <= 4_000 ? width : undefined,
    locale: valid(query.get("locale"), (one) => Intl.getCanonicalLocales(one)) ?? navigator.language,
    timeZone: valid(query.get("zone"), (timeZone) => new Intl.DateTimeFormat("en", { timeZone })) ?? ownZone ?? "UTC",
  };
}

const locales = ["en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "pt-BR", "pl-PL", "tr-TR", "ar-EG", "he-IL", "hi-IN", "th-TH", "ja-JP", "ko-KR", "zh-CN"];

export function HostBar({ setting, simulated = true }: { setting: Setting; simulated?: boolean }): JSX.Element {
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone"), []);
  const languages = locales.includes(setting.locale) ? locales : [setting.locale, ...locales];
  return (
    <div class="host-bar" role="group" aria-label="Host">
      {simulated && (
        <label class="host-part">
          <span class="only-read">Client</span>
          <select class="select" data-size="s" value={setting.client.id} onChange={(event) => setQuery({ client: event.currentTarget.value === "apps" ? undefined : event.currentTarget.value })}>
            {clients.map((one) => <option key={one.id} value={one.id}>{one.title}</option>)}
          </select>
        </label>
      )}
      <button
        type="button" class="button" data-size="s" data-look="plain" data-icon="true" aria-label={`Theme of the host: ${setting.theme}. Switch.`} title={`Theme of the host: ${setting.theme}`}
        onClick={() => setQuery({ theme: setting.theme === "dark" ? "light" : "dark" })}
      >
        <Icon name={setting.theme === "dark" ? "moon" : "sun"} />
      </button>
      <label class="host-part" title="Width of the view">
        <span class="only-read">Width</span>
        <input
          type="range" min={MIN} max={MAX} step={4} value={setting.width ?? MAX} aria-valuetext={setting.width ? `${setting.width} pixels` : "full"}
          onInput={(event) => setQuery({ width: Number(event.currentTarget.value) >= MAX ? undefined : event.currentTarget.value })}
        />
        <span class="mono host-width">{setting.width ? `${setting.width}px` : "full"}</span>
      </label>
      <label class="host-part">
        <span class="only-read">Language</span>
        <select class="select" data-size="s" value={setting.locale} onChange={(event) => setQuery({ locale: event.currentTarget.value })}>
          {languages.map((one) => <option key={one}>{one}</option>)}
        </select>
      </label>
      <label class="host-part">
        <span class="only-read">Time zone</span>
        <select class="select host-zone" data-size="s" value={setting.timeZone} onChange={(event) => setQuery({ zone: event.currentTarget.value })}>
          {(zones.includes(setting.timeZone) ? zones : [setting.timeZone, ...zones]).map((one) => <option key={one}>{one}</option>)}
        </select>
      </label>
    </div>
  );
}
