// What the admin pages add to those of the app; loaded there alone.
import { startPackages } from "./package";

startPackages();
