// Package ui turns typed views into HTML: the embedded templates and their
// renderer, the layouts and partials, the design system's assets under hashed
// addresses, and the one registry of commands and shortcuts.
//
// It knows nothing of HTTP, the database or Fiber. The server fills a Shell
// (what surrounds a page) and a view struct (what the page says) and asks
// Renderer.Page to write both. README.md lists layouts, partials and classes.
package ui

import "embed"

//go:generate go run ./bundle

//go:embed all:templates
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS
