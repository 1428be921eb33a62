// What the bundle that loads later takes from the one that runs already. Page
// modules import these as usual; while more.js is built, ui/bundle puts the
// running ones in their place, so that nothing is loaded twice. A name more is a
// name here.
export { make, icon } from "../dom";
export { dress } from "./avatar";
export { clone, cloneAll, fillParts, slot } from "./blueprint";
export { confirmFirst } from "./confirm";
export { draftKey } from "./draft_key";
export { download } from "./download";
export { empty } from "./empty";
export { offerExtras } from "./extras";
export { Keyed, morphChildren } from "./morph";
export { after } from "./order";
export { showPanes } from "./panes";
export { showRefusal } from "./refusal";
export { here, hrefOf, idIn, segment } from "./router";
export { stateIcon } from "./state";
export { authorOf, drawText, plural, preview, wordsOf } from "./text";
export { titleOf } from "./thread_list";
export { cleanTitle, messagesOf, Refused } from "./thread_write";
export { canonical } from "../../../../sync/client/src/store/canonical.js";
export { authorIn, inOwnName } from "../../../../sync/client/src/store/own_name.js";
export { payloadOf, stripStamp } from "../../../../sync/client/src/store/payload.js";
export { reserved } from "../../../../sync/client/src/store/reserved.js";
export { SHA256, sha256 } from "../../../../sync/client/src/store/sha256.js";
export { builtInBlocklist } from "../../../../sync/client/src/store/store.js";
export { isTable, keyOf, tables } from "../../../../sync/client/src/store/types.js";
