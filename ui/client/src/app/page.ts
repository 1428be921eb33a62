// What a page of the app is, and the list of all of them. A module exports a
// Page; cloud.ts and local.ts register it.
import type { Store } from "../../../../sync/client/src/local";
import type { Clock } from "./clock";
import type { People } from "./people";
import type { Params, Place } from "./router";
import type { Unsent } from "./unsent";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** What stands above the pages. `again`: its link loads the page again. */
export interface NoticeOf {
  readonly tone: "" | "info" | "ok" | "warn" | "danger";
  readonly icon: string;
  readonly text: string;
  readonly link?: { readonly label: string; readonly href: string; readonly again?: boolean };
}

/** What a page gets to work with. It lives as long as the workspace is open. */
export interface Context {
  readonly store: Store;
  /** The workspace's id, as addresses have it. */
  readonly workspace: string;
  readonly site: string;
  /** null where there is no account. */
  readonly me: Person | null;
  readonly people: People;
  /** What this device has not sent, row by row. */
  readonly unsent: Unsent;
  clock(): Clock;
  /** Why this person reads only; "" when they may write. */
  readOnly(): string;
  /** Goes to another address of the app. */
  go(address: string, options?: { replace?: boolean }): void;
  /** Runs a query again whenever what it read changes; on the page until it closes. */
  live<T>(query: () => Promise<T>, show: (result: T) => void): () => void;
  /** Says what failed, in words, where pages say it. `written`: it was something a person did, and it is not saved. */
  fail(error: unknown, written?: boolean): void;
  /** Says something above the pages until it is taken back. */
  notice(id: string, of: NoticeOf | undefined): void;
  title(words: string): void;
}

/** A page that is open. */
export interface View {
  /** The sidebar's entry, where the page's own does not say it. */
  readonly nav?: string;
  /** The address changed within the page (?edit=…, #m-…). False = open it anew. */
  move?(place: Place, params: Params): boolean;
  /** A form of this page was sent. True = taken care of. */
  submit?(form: HTMLFormElement, submitter: HTMLElement | null): boolean;
  /** A button with data-act was pressed. True = taken care of. */
  act?(name: string, button: HTMLElement): boolean;
  /** A link is followed, or its address was opened. True = taken care of. */
  link?(place: Place, a?: HTMLAnchorElement): boolean;
  /** What it does at once is done when this returns; the rest, such as saving what was typed, when the promise resolves. */
  close(): void | Promise<void>;
}

export interface Page {
  /** Addresses, such as "/w/:workspace/t/:thread". */
  readonly paths: readonly string[];
  /** The sidebar's entry. */
  readonly nav: string;
  /** Resolves once the part of the app that has the page is there, or cannot be had now; undefined = it is there. */
  loaded?(): Promise<void> | undefined;
  /**
   * Opens the page inside #main and resolves once it shows something. Undefined:
   * there is no such thing on this device.
   */
  open(context: Context, place: Place, params: Params, main: HTMLElement): Promise<View | undefined>;
}
