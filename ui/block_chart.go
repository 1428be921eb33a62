package ui

import (
	"fmt"
	"math"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// BlockChart is a drawing of numbers with a table of the same.
type BlockChart struct {
	ID     string
	Title  string
	Lines  []BlockLine // lines, or none
	Bars   []BlockBar
	Grid   []BlockGrid
	First  string // the first and the last label
	Last   string
	Series []string // their names; one alone is not named
	Rows   []BlockPoint
}

// BlockLine is one line: "0,60 10,40 …".
type BlockLine struct {
	N      int // 1 to 4, its colour
	Points string
}

// BlockBar is one bar.
type BlockBar struct {
	N          int
	X, Y, W, H string
}

// BlockGrid is a line across the drawing, and the number it stands for.
type BlockGrid struct {
	Y    string
	Text string
	Zero bool
}

// BlockPoint is one row of the table.
type BlockPoint struct {
	Label  string
	Values []string
}

// The drawing's own measures; it is as wide as its place.
const (
	chartWidth  = 600.0
	chartHeight = 140.0
	leastSpan   = 1e-100 // numbers that lie closer together are drawn as one: there is no step between them
	mostGrid    = 10     // lines of the scale, which has three or four steps
)

func chart(b *host.Chart, id string) *BlockChart {
	c := &BlockChart{ID: id, Title: b.Title, First: b.Labels[0], Last: b.Labels[len(b.Labels)-1]}
	low, high := 0.0, 0.0
	for _, s := range b.Series {
		for _, v := range s.Values {
			low, high = min(low, v), max(high, v)
		}
	}
	if high-low < leastSpan {
		high = low + 1
	}
	step := roundStep((high - low) / 3)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	y := func(v float64) float64 { return chartHeight - (v-low)/(high-low)*chartHeight }
	for v := low; v <= high+step/2 && len(c.Grid) < mostGrid; v += step {
		c.Grid = append(c.Grid, BlockGrid{Y: at(y(v)), Text: number(round(v, step)) + unit(b.Unit), Zero: math.Abs(v) < step/2})
	}
	for i, s := range b.Series {
		c.Series = append(c.Series, s.Name)
		if b.Kind == "line" {
			c.Lines = append(c.Lines, BlockLine{N: i + 1, Points: points(s.Values, y)})
		} else {
			c.Bars = append(c.Bars, bars(s.Values, i, len(b.Series), y)...)
		}
	}
	for i, label := range b.Labels {
		row := BlockPoint{Label: label}
		for _, s := range b.Series {
			row.Values = append(row.Values, number(s.Values[i])+unit(b.Unit))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

func unit(word string) string {
	if word == "" {
		return ""
	}
	return " " + word
}

// roundStep is 1, 2 or 5 times a power of ten, at least as large as n.
func roundStep(n float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(n)))
	for _, times := range []float64{1, 2, 5} {
		if times*power >= n*0.999 {
			return times * power
		}
	}
	return 10 * power
}

// round takes away what adding up steps has left behind the point.
func round(v, step float64) float64 {
	places := math.Pow(10, max(0, 2-math.Floor(math.Log10(step))))
	return math.Round(v*places) / places
}

func at(n float64) string { return fmt.Sprintf("%.1f", n) }

func points(values []float64, y func(float64) float64) string {
	wide := chartWidth
	if len(values) > 1 {
		wide /= float64(len(values) - 1)
	}
	var out []string
	for i, v := range values {
		out = append(out, at(float64(i)*wide)+","+at(y(v)))
	}
	if len(values) == 1 { // a line needs two ends
		out = append(out, at(chartWidth)+","+at(y(values[0])))
	}
	return strings.Join(out, " ")
}

func bars(values []float64, series, of int, y func(float64) float64) []BlockBar {
	group := chartWidth / float64(len(values))
	gap := min(group*0.3, 12)
	wide := (group - gap) / float64(of)
	var out []BlockBar
	for i, v := range values {
		top, bottom := min(y(v), y(0)), max(y(v), y(0))
		out = append(out, BlockBar{N: series + 1, X: at(float64(i)*group + gap/2 + float64(series)*wide), Y: at(top), W: at(wide), H: at(bottom - top)})
	}
	return out
}
