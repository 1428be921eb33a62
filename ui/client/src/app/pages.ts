// The pages that are there when the app starts. All others are in more_pages.ts.
import type { Page } from "./page";
import { threadsPage } from "./threads_page";

export const pages: readonly Page[] = [threadsPage];
