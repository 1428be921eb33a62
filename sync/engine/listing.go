package engine

import (
	"strings"
	"unicode/utf8"

	"or3.cloud/or3/sync/wire"
)

// listing is how the lists of the pages find and sort a row. A deleted row has
// the zero listing and so is in no list.
type listing struct {
	group string
	num   int64
	text  string
}

// Groups of threads. Lists run from the greatest to the smallest, pinned first.
const (
	openThreads   = "open"
	pinnedThreads = "pinned"
)

// longestKey bounds what goes into the index of lists: PostgreSQL refuses an
// entry beyond a third of a page.
const longestKey = 256

func listingOf(t wire.Table, p wire.Payload) listing {
	l := rawListing(t, p)
	l.group, l.text = cut(l.group), cut(l.text)
	return l
}

func rawListing(t wire.Table, p wire.Payload) listing {
	updated, _ := p.Int("updated_at")
	created, _ := p.Int("created_at")
	switch t {
	case wire.Threads:
		l := listing{group: openThreads, num: updated, text: fold(p.String("title"))}
		if p.Bool("pinned") {
			l.group = pinnedThreads
		}
		if last, ok := p.Int("last_message_at"); ok && last > 0 {
			l.num = last
		}
		return l
	case wire.Messages:
		index, _ := p.Int("index")
		return listing{group: p.String("thread_id"), num: index, text: p.String("order_key")}
	case wire.Projects:
		return listing{group: "all", num: updated, text: fold(p.String("name"))}
	case wire.Posts:
		return listing{group: p.String("post_type"), num: updated, text: fold(p.String("title"))}
	case wire.KV:
		return listing{group: "all", text: p.String("name")}
	case wire.FileMeta:
		return listing{group: "all", num: created, text: fold(p.String("name"))}
	case wire.Notifications:
		return listing{group: p.String("user_id"), num: created}
	}
	return listing{}
}

// fold is what searching compares: it does not mind capitals.
func fold(s string) string { return strings.ToLower(s) }

// cut shortens to longestKey bytes at a character.
func cut(s string) string { return cutTo(s, longestKey) }

// cutTo shortens to at most n bytes at a character.
func cutTo(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
