package sdk

import "or3.cloud/or3/plugins/host"

// The types that answers are made of. What a block can hold is documented with
// the types of package host.
type (
	Answer = host.Answer
	Block  = host.Block
	Cell   = host.Cell
	Button = host.Button
	Field  = host.Field
	Option = host.Option
)

// Show answers with blocks.
func Show(title string, blocks ...Block) *Answer {
	return &Answer{Title: title, Blocks: append(host.Blocks{}, blocks...)}
}

// Go answers with an address to go to: a path below the plugin, or one of the
// server's pages. words are shown there once.
func Go(to, words string) *Answer {
	a := &Answer{Redirect: to}
	if words != "" {
		a.Flash = &host.Flash{Kind: "ok", Text: words}
	}
	return a
}

// Say answers an action with one line above the page, which is drawn again.
func Say(words string) *Answer {
	return &Answer{Flash: &host.Flash{Kind: "ok", Text: words}}
}

// Heading is a title above what follows it.
func Heading(text string) Block { return &host.Heading{Text: text} }

// Text is a paragraph or more in Markdown.
func Text(text string) Block { return &host.Text{Text: text} }

// Banner is something that the reader should notice; kind is info, ok, warn or danger.
func Banner(kind, title, text string) Block {
	return &host.Banner{Kind: kind, Title: title, Text: text}
}

// Nothing says that there is nothing yet, and how it comes.
func Nothing(title, text string, actions ...Button) Block {
	return &host.Empty{Title: title, Text: text, Actions: actions}
}

// Buttons are buttons in a row.
func Buttons(buttons ...Button) Block { return &host.Actions{Items: buttons} }

// Card is a part with a name of its own.
func Card(title string, blocks ...Block) Block { return &host.Card{Title: title, Blocks: blocks} }

// Columns stand side by side.
func Columns(columns ...[]Block) Block {
	c := &host.Columns{}
	for _, column := range columns {
		c.Columns = append(c.Columns, column)
	}
	return c
}

// Of makes a cell of a plain value.
func Of(value any) Cell { return host.Of(value) }
