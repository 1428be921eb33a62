package host

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

func (b *Heading) check(*checker) error {
	if b.Level != 0 && (b.Level < 2 || b.Level > 4) {
		return errors.New("level is 2, 3 or 4")
	}
	return nil
}

func (b *Meter) check(*checker) error { return within(b.Value, b.Max) }

func (b *Progress) check(*checker) error {
	if b.Max == 0 && b.Value == 0 {
		return nil
	}
	return within(b.Value, b.Max)
}

func within(value, most float64) error {
	if !(most > 0) || math.IsInf(most, 0) || !(value >= 0) || math.IsInf(value, 0) {
		return errors.New("max is more than 0, value at least 0")
	}
	return nil
}

// maxCharted bounds the numbers of a chart. The scale goes on to the next round
// number, which above the largest number that there is would be infinity.
const maxCharted = 1e100

func (b *Chart) check(*checker) error {
	for _, s := range b.Series {
		if len(s.Values) != len(b.Labels) {
			return fmt.Errorf("series %q has %d values for %d labels", s.Name, len(s.Values), len(b.Labels))
		}
		if slices.ContainsFunc(s.Values, func(v float64) bool { return math.Abs(v) > maxCharted }) {
			return fmt.Errorf("series %q has a number beyond %g, which no scale shows", s.Name, maxCharted)
		}
	}
	return nil
}

func (b *Table) check(*checker) error {
	columns := make(map[string]bool, len(b.Columns))
	for _, c := range b.Columns {
		if columns[c.Key] {
			return fmt.Errorf("two columns have the key %q", c.Key)
		}
		columns[c.Key] = true
	}
	if b.Sort != "" && !columns[b.Sort] {
		return fmt.Errorf("sort: there is no column %q", b.Sort)
	}
	ids := make(map[string]bool, len(b.Rows))
	for _, row := range b.Rows {
		if ids[row.ID] {
			return fmt.Errorf("two rows have the id %q", row.ID)
		}
		ids[row.ID] = true
		for key := range row.Cells {
			if !columns[key] {
				return fmt.Errorf("row %q has a cell %q, and there is no such column", row.ID, key)
			}
		}
	}
	return nil
}

func (r *Row) check(*checker) error { return CheckLink(r.Link) }

func (c *Cell) check(*checker) error {
	switch v := c.Value.(type) {
	case nil, bool, float64:
	case string:
		if len(v) > 4000 {
			return errors.New("a cell has at most 4,000 bytes")
		}
	default:
		return errors.New("a cell is a string, a number, true, false or null")
	}
	return CheckLink(c.Link)
}

func (i *Item) check(*checker) error { return CheckLink(i.Link) }

func (b *Button) check(c *checker) error {
	if (b.Action == "") == (b.Link == "") {
		return errors.New("a button has either an action or a link")
	}
	if err := CheckLink(b.Link); err != nil {
		return err
	}
	return c.action(b.Action)
}

func (b *Tabs) check(*checker) error {
	for _, t := range b.Items {
		if t.Link != "" && len(t.Blocks) > 0 {
			return fmt.Errorf("the tab %q has blocks and a link; one of them", t.Title)
		}
		if err := CheckLink(t.Link); err != nil {
			return err
		}
	}
	return nil
}

func (b *Image) check(c *checker) error { return c.asset(b.Asset) }

func (b *HTML) check(c *checker) error {
	if !c.manifest.HTML {
		return errors.New("an html block needs the capability ui.html")
	}
	return nil
}

func (b *Frame) check(c *checker) error {
	if !c.manifest.Frame {
		return errors.New("a frame block needs the capability ui.frame")
	}
	if !strings.HasSuffix(b.Asset, ".html") {
		return errors.New("a frame shows an .html file")
	}
	return c.asset(b.Asset)
}

func (b *Form) check(c *checker) error {
	names := make(map[string]bool, len(b.Elements))
	for _, e := range b.Elements {
		f, ok := e.(Fielded)
		if !ok {
			continue
		}
		name := f.FieldOf().Name
		if !isName(name) {
			return fmt.Errorf("the name %q: letters, digits and _, a letter first", name)
		}
		if names[name] {
			return fmt.Errorf("two elements have the name %q", name)
		}
		names[name] = true
	}
	return c.action(b.Action)
}

func (e *Combobox) check(c *checker) error { return c.action(e.Action) }

func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}
