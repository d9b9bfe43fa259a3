package graph

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// style is the look: it prints well, and says nothing by colour alone.
const style = `text{font-family:Helvetica,Arial,"Liberation Sans",sans-serif;fill:#1b1b1b}
.name{font-size:13px;font-weight:bold}.text{font-size:10.5px;fill:#444}.label{font-size:11px}.title{font-size:17px;font-weight:bold}
.node{fill:#fff;stroke:#555;stroke-width:1.2}.question{fill:#e3effb}.effect{fill:#fdf1d8}.end{fill:#e8e8e8}.event{fill:none;stroke:#777;stroke-dasharray:2 3}
.start{stroke-width:2.6}.protected{fill:none;stroke:#555;stroke-width:1}.box{fill:#f7f7f7;stroke:#888;stroke-dasharray:6 4}
.mark{fill:#fff;stroke:#999;stroke-width:.8}.arrow{fill:none;stroke:#555;stroke-width:1.2}.tip{fill:#555}
.missed{stroke:#b3261e;stroke-dasharray:5 3}.missedtext{fill:#b3261e}`

// SVG writes the finished picture.
func (g *Graph) SVG(w io.Writer) error {
	l := plan(g)
	title := textWidth(g.Title, 17, true) + 2*margin
	sub := ""
	if g.Covered {
		sub = g.count()
		title = max(title, textWidth(sub, textSize, false)+2*margin)
	}
	b := bufio.NewWriter(w)
	width := max(l.w, title)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img">`+"\n", num(width), num(l.h), num(width), num(l.h))
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(g.Title), style)
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	fmt.Fprintf(b, `<text class="title" x="%s" y="%s">%s</text>`+"\n", num(margin), num(margin+8), html.EscapeString(g.Title))
	if sub != "" {
		fmt.Fprintf(b, `<text class="text" x="%s" y="%s">%s</text>`+"\n", num(margin), num(margin+24), html.EscapeString(sub))
	}
	d := drawing{w: b, covered: g.Covered}
	d.level(l, (width-l.w)/2, 0)
	fmt.Fprint(b, "</svg>\n")
	return b.Flush()
}

type drawing struct {
	w       *bufio.Writer
	covered bool
}

// level draws a level with its corner at x, y: boxes first, then what stands in
// them, then arrows.
func (d *drawing) level(l *level, x, y float64) {
	if l.name != "" {
		fmt.Fprintf(d.w, `<rect class="box" x="%s" y="%s" width="%s" height="%s" rx="10"/>`+"\n", num(x), num(y), num(l.w), num(l.h))
		fmt.Fprintf(d.w, `<text class="name" x="%s" y="%s">%s</text>`+"\n", num(x+boxPad), num(y+boxTitle), html.EscapeString(l.name))
	}
	for i := range l.items {
		it := &l.items[i]
		switch it.is {
		case aNode:
			d.node(it, x, y)
		case aBox:
			d.level(it.inner, x+it.x-it.w/2, y+it.y)
		case aLabel:
			for n, line := range it.lines {
				d.text("label", x+it.x, y+it.y+float64(n+1)*lineSpace-3.5, line, missedText(it.missed))
			}
		case aMark:
			fmt.Fprintf(d.w, `<rect class="mark%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`+"\n",
				missedLine(it.missed), num(x+it.x-it.w/2), num(y+it.y), num(it.w), num(it.h), num(it.h/2))
			d.text("label", x+it.x, y+it.y+lineSpace-.5, it.lines[0], missedText(it.missed))
		}
	}
	l.spread()
	for i := range l.wires {
		d.wire(l, &l.wires[i], x, y)
	}
}

func (d *drawing) node(it *item, x, y float64) {
	n := it.node
	class := "node"
	switch n.Shape {
	case Question:
		class += " question"
	case Effect:
		class += " effect"
	case End:
		class += " end"
	case Event:
		class += " event"
	}
	if n.Start {
		class += " start"
	}
	missed := d.covered && !n.Reached && n.Shape != Event
	left, top := x+it.x-it.w/2, y+it.y
	radius := 5.0
	if n.Shape == End || n.Shape == Event {
		radius = 12
	}
	fmt.Fprintf(d.w, `<rect class="%s%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`+"\n", class, missedLine(missed), num(left), num(top), num(it.w), num(it.h), num(radius))
	if n.Requires != "" {
		fmt.Fprintf(d.w, `<rect class="protected%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`+"\n", missedLine(missed), num(left+3), num(top+3), num(it.w-6), num(it.h-6), num(radius-2))
	}
	if n.Shape == Event {
		d.text("text", x+it.x, top+lineSpace+1, n.Event, "")
		return
	}
	d.text("name", x+it.x, top+padY+11, n.name(), missedText(missed))
	for i, line := range it.lines {
		d.text("text", x+it.x, top+padY+11+float64(i+1)*lineSpace, line, missedText(missed))
	}
}

func (d *drawing) text(class string, x, y float64, text, more string) {
	fmt.Fprintf(d.w, `<text class="%s%s" x="%s" y="%s" text-anchor="middle">%s</text>`+"\n", class, more, num(x), num(y), html.EscapeString(text))
}

// spread gives the arrows that leave or enter a state places of their own along
// its edge, in the order in which they go.
func (l *level) spread() {
	for i := range l.items {
		it := &l.items[i]
		if it.is != aNode {
			continue
		}
		for _, ends := range [][]end{it.up, it.down} {
			n := len(ends)
			if n < 2 {
				continue
			}
			slices.SortStableFunc(ends, func(a, b end) int { return cmp.Compare(l.items[a.item].x+a.far, l.items[b.item].x+b.far) })
			step := min((it.w-2*padX)/float64(n-1), 26)
			for k := range ends {
				ends[k].off = step * (float64(k) - float64(n-1)/2)
			}
		}
	}
}

// offset is where, from the middle of an item, the piece of an arrow to another
// begins.
func offset(ends []end, to int) float64 {
	i := slices.IndexFunc(ends, func(e end) bool { return e.item == to })
	if i < 0 {
		return 0
	}
	return ends[i].off
}

func (d *drawing) wire(l *level, w *wire, x, y float64) {
	var path strings.Builder
	var tipX, tipY float64
	for i := 1; i < len(w.path); i++ {
		a, b := &l.items[w.path[i-1]], &l.items[w.path[i]]
		x0 := x + a.x + offset(a.down, w.path[i])
		x1 := x + b.x + offset(b.up, w.path[i-1])
		y0, y1 := y+a.y+a.h, y+b.y
		if a.is == aPort && a.y == 0 {
			y0 = y
		}
		// Straight down past whatever stands beside it, then over to the next row.
		turn := max(y0, y+l.rowY[a.rank]+l.rowH[a.rank])
		reach := min(y1, y+l.rowY[b.rank])
		if a.is == aPort && a.y == 0 {
			turn = y0
		}
		mid := (turn + reach) / 2
		fmt.Fprintf(&path, "M%s %sL%s %sC%s %s %s %s %s %sL%s %s", num(x0), num(y0), num(x0), num(turn), num(x0), num(mid), num(x1), num(mid), num(x1), num(reach), num(x1), num(y1))
		if b.is == aBend {
			// Through the row.
			fmt.Fprintf(&path, "L%s %s", num(x1), num(y+l.rowY[b.rank]+l.rowH[b.rank]))
		}
		tipX, tipY = x1, y1
	}
	fmt.Fprintf(d.w, `<path class="arrow%s" d="%s"/>`+"\n", missedLine(w.missed), path.String())
	if w.head || l.items[w.path[len(w.path)-1]].is == aMark {
		fmt.Fprintf(d.w, `<path class="tip%s" d="M%s %sl-4 -7h8z"/>`+"\n", missedText(w.missed), num(tipX), num(tipY))
	}
}

func missedLine(missed bool) string {
	if missed {
		return " missed"
	}
	return ""
}

func missedText(missed bool) string {
	if missed {
		return " missedtext"
	}
	return ""
}
