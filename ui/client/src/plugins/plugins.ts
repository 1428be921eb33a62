// What pages with parts of plugins do more with scripts: proposals while one
// types, widgets that say that no answer came, rows that are dragged, and frames
// that speak with the page. Each of them works, or is left out, without.
import { startFrames } from "./frames";
import { startArranging } from "./arrange";
import { startProposals } from "./proposals";
import { startWidgets } from "./widgets";

startProposals();
startWidgets();
startArranging();
startFrames();
