package engine

import "or3.cloud/or3/sync/wire"

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

func listingOf(t wire.Table, p wire.Payload) listing {
	updated, _ := p.Int("updated_at")
	created, _ := p.Int("created_at")
	switch t {
	case wire.Threads:
		l := listing{group: openThreads, num: updated}
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
		return listing{group: "all", num: updated, text: p.String("name")}
	case wire.Posts:
		return listing{group: p.String("post_type"), num: updated, text: p.String("title")}
	case wire.KV:
		return listing{group: "all", text: p.String("name")}
	case wire.FileMeta:
		return listing{group: "all", num: created, text: p.String("name")}
	case wire.Notifications:
		return listing{group: p.String("user_id"), num: created}
	}
	return listing{}
}
