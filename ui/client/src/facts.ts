// What the server wrote into the page for this script, checked at the boundary.

export interface Command {
  readonly id: string;
  readonly label: string;
  readonly group: string;
  readonly icon: string;
  readonly note: string;
  readonly url: string;
  readonly act: string;
  readonly keys: string;
  readonly sheetOnly: boolean;
}

export interface Facts {
  readonly commands: readonly Command[];
  readonly keysOff: boolean;
  readonly paletteUrl: string;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (v: unknown): v is Fields => typeof v === "object" && v !== null && !Array.isArray(v);
const word = (from: Fields, name: string): string => {
  const v = from[name];
  return typeof v === "string" ? v : "";
};

function readCommand(v: unknown): Command | undefined {
  if (!isFields(v) || word(v, "id") === "" || word(v, "label") === "") return undefined;
  return {
    id: word(v, "id"),
    label: word(v, "label"),
    group: word(v, "group"),
    icon: word(v, "icon"),
    note: word(v, "note"),
    url: word(v, "url"),
    act: word(v, "act"),
    keys: word(v, "keys"),
    sheetOnly: v["sheet_only"] === true,
  };
}

/** Reads the page's facts. Anything that is not as it should be is left out. */
export function readFacts(json: string): Facts {
  let v: unknown;
  try {
    v = JSON.parse(json);
  } catch {
    v = undefined;
  }
  if (!isFields(v)) return { commands: [], keysOff: false, paletteUrl: "" };
  const list = Array.isArray(v["commands"]) ? v["commands"] : [];
  return {
    commands: list.map(readCommand).filter((c): c is Command => c !== undefined),
    keysOff: v["keys_off"] === true,
    paletteUrl: word(v, "palette_url"),
  };
}
