import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';

/** Members of `_meta` that name an interface: of SEP-1865 before its last draft, and of the Apps SDK of OpenAI. */
const FLAT = ['ui/resourceUri', 'openai/outputTemplate'] as const;

/** Changes the URI of the interface that a tool or a result names in `_meta` (SEP-1865, Resource Discovery). @param change undefined: it is left out */
export function withUiUris<Item extends JsonObject>(item: Item, change: (uri: string) => string | undefined): Item {
  const { _meta: meta } = item;
  if (!isJsonObject(meta)) return item;
  let changed = meta;
  for (const name of FLAT) changed = withText(changed, name, change);
  const { ui } = meta;
  if (isJsonObject(ui)) {
    const changedUi = withText(ui, 'resourceUri', change);
    if (changedUi !== ui) changed = { ...changed, ui: changedUi };
  }
  return changed === meta ? item : { ...item, _meta: changed };
}

/** Tells whether a tool names an interface. */
export function hasUiUri(tool: JsonObject): boolean {
  let has = false;
  withUiUris(tool, (uri) => {
    has = true;
    return uri;
  });
  return has;
}

function withText(object: JsonObject, name: string, change: (text: string) => string | undefined): JsonObject {
  const value = object[name];
  if (typeof value !== 'string') return object;
  const changed = change(value);
  if (changed === value) return object;
  if (changed !== undefined) return { ...object, [name]: changed };
  const { [name]: _left, ...others } = object;
  return others;
}
