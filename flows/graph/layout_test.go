package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callflow/flows"
)

// random makes a graph of n nodes with words, boxes and arrows in all directions.
func random(seed uint64, n int) *Graph {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	words := []string{"", "1", "2", "9 goodbye", "exhausted", "noinput", "balance.amount < 0 and not vip", "authenticated"}
	g := &Graph{Title: fmt.Sprintf("random %d", seed)}
	box := ""
	for i := range n {
		node := Node{Name: fmt.Sprintf("s%d", i), Kind: "menu", Text: strings.Repeat("Press 1 for sales. ", r.IntN(4)), Start: i == 0, Shape: Shape(r.IntN(4))}
		switch r.IntN(8) {
		case 0: // a sub-flow begins
			node.Kind, node.Around = subflow, box
			if strings.Count(box, ".") < 2 {
				node.Name = strings.TrimPrefix(box+"."+node.Name, ".")
				box = node.Name
			}
			node.Box = box
		case 1:
			box = ""
		}
		if node.Kind != subflow {
			node.Box = box
			node.Name = strings.TrimPrefix(box+"."+node.Name, ".")
		} else if node.Box != node.Name {
			node.Kind = "say"
		}
		g.Nodes = append(g.Nodes, node)
	}
	for i := range n {
		seen := map[int]bool{}
		for range 1 + r.IntN(5) {
			to := r.IntN(n)
			if r.IntN(3) > 0 {
				to = min(n-1, i+1+r.IntN(3))
			}
			if seen[to] {
				continue
			}
			seen[to] = true
			var labels []string
			for range r.IntN(3) {
				labels = append(labels, words[r.IntN(len(words))])
			}
			g.Edges = append(g.Edges, Edge{From: g.Nodes[i].Name, To: g.Nodes[to].Name, Labels: labels})
		}
	}
	return g
}

// rect is where something stands in the whole picture.
type rect struct {
	what       string
	x, y, w, h float64
	within     int // the box it stands in, or -1
}

func (l *level) rects(x, y float64, within int, out []rect) []rect {
	for i := range l.items {
		it := &l.items[i]
		if it.is == aPort {
			continue
		}
		if it.is == aBend { // an arrow passes through the whole row
			out = append(out, rect{what: "an arrow", x: x + it.x - it.w/2, y: y + l.rowY[it.rank], w: it.w, h: l.rowH[it.rank], within: within})
			continue
		}
		name := strings.Join(it.lines, "/")
		if it.node != nil {
			name = it.node.Name
		}
		r := rect{what: name, x: x + it.x - it.w/2, y: y + it.y, w: it.w, h: it.h, within: within}
		out = append(out, r)
		if it.inner != nil {
			me := len(out) - 1
			out = it.inner.rects(r.x, r.y, me, out)
		}
	}
	return out
}

// TestNothingCovers holds the promise of the layout: no state, no words and no mark
// stands on another, and what stands in a box stands within its edges.
func TestNothingCovers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		nothingCovers(t, random(seed, 2+int(seed)%60))
	}
	files, err := filepath.Glob("../../examples/*/flow.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		program, diags := flows.CompileSource(strings.TrimPrefix(filepath.ToSlash(file), "../../"), src, flows.Options{Find: flows.Beside(os.DirFS("../.."))})
		if program == nil {
			t.Fatal(diags)
		}
		for _, all := range []bool{false, true} {
			nothingCovers(t, Of(program.Spec(), Options{All: all}))
		}
	}
}

func nothingCovers(t *testing.T, g *Graph) {
	t.Helper()
	const hair = 0.01
	all := plan(g).rects(0, 0, -1, nil)
	for i, a := range all {
		if a.within >= 0 {
			b := all[a.within]
			if a.x < b.x-hair || a.y < b.y-hair || a.x+a.w > b.x+b.w+hair || a.y+a.h > b.y+b.h+hair {
				t.Fatalf("%s: %q stands out of its box", g.Title, a.what)
			}
		}
		for j, b := range all[:i] {
			if a.within == b.within && j != i && a.x+hair < b.x+b.w && b.x+hair < a.x+a.w && a.y+hair < b.y+b.h && b.y+hair < a.y+a.h {
				t.Fatalf("%s: %q covers %q", g.Title, a.what, b.what)
			}
		}
	}
}

// TestFitsOnPaper: a flow is drawn on one sheet, and one that is too large for that in
// its proportions, however many states it has and however they hang together.
func TestFitsOnPaper(t *testing.T) {
	t.Parallel()
	tree := func(n, wide int) *Graph {
		g := &Graph{Title: fmt.Sprintf("a tree of %d states", n)}
		for i := range n {
			name := fmt.Sprintf("state_%d", i)
			g.Nodes = append(g.Nodes, Node{Name: name, Kind: "menu", Text: "Press 1 for sales, or 2 for anything else.", Start: i == 0})
			if i > 0 {
				g.Edges = append(g.Edges, Edge{From: fmt.Sprintf("state_%d", (i-1)/wide), To: name, Labels: []string{fmt.Sprint((i-1)%wide + 1)}})
			}
		}
		return g
	}
	graphs := []*Graph{tree(50, 2), tree(50, 5), tree(50, 9), tree(50, 12), tree(500, 9), tree(20, 1), tree(50, 1), tree(400, 1)}
	for seed := range uint64(50) {
		g := random(seed, 50)
		for i := range g.Nodes {
			g.Nodes[i].Box = "" // a sub-flow is as wide as it is
			if g.Nodes[i].Kind == subflow {
				g.Nodes[i].Kind = "say"
			}
		}
		graphs = append(graphs, g)
	}
	for _, g := range graphs {
		nothingCovers(t, g)
		l := plan(g)
		if small := l.w <= sheetWidth+2*margin && l.h <= sheetHeight+2*margin; small {
			continue
		}
		if l.w > sheetWidth+2*margin && l.w > tallest*l.h || l.h > 1.05*tallest*l.w {
			t.Errorf("%s is %.0f pixels wide and %.0f tall", g.Title, l.w, l.h)
		}
	}
}

// What is put on a sheet takes no place that is taken, and none beyond its edge.
func TestSkyline(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		sky := skyline{{0, 10}}
		var all []rect
		for range 40 {
			a := rect{w: 20 + float64(r.IntN(300)), h: 20 + float64(r.IntN(300))}
			a.x, a.y = sky.put(a.w, a.h, 400)
			if a.x < 0 || a.x+a.w > 400 || a.y < 10 {
				t.Fatalf("%+v is off the sheet", a)
			}
			for _, b := range all {
				if a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
					t.Fatalf("%+v covers %+v", a, b)
				}
			}
			all = append(all, a)
		}
	}
}

// TestEveryEdgeIsDrawn follows every arrow from where it begins to where it ends.
func TestEveryEdgeIsDrawn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		g := random(seed, 2+int(seed)%60)
		got := map[string]int{}
		plan(g).ends(got)
		for _, e := range g.Edges {
			mark := "→ " + e.To
			if e.From == e.To {
				mark = "again"
			}
			if got[e.From+" > "+e.To] == 0 && got[e.From+" > "+mark] == 0 {
				t.Fatalf("seed %d: %s leads to %s, and no arrow or mark says so", seed, e.From, e.To)
			}
		}
	}
}

// ends finds out where arrows lead, through the ports of boxes.
func (l *level) ends(got map[string]int) {
	l.walk(got, func(string, string) {})
}

func (l *level) walk(got map[string]int, out func(from, to string)) {
	goals := func(i int, port string) []string {
		it := &l.items[i]
		switch {
		case it.is == aNode:
			return []string{it.node.Name}
		case it.is == aMark:
			return []string{it.lines[0]}
		case it.inner != nil:
			return []string{port}
		}
		return nil
	}
	portName := func(ports map[string]int, i int) string {
		for name, p := range ports {
			if p == i {
				return name
			}
		}
		return ""
	}
	// What leaves an inner box, by its head item and the state it goes to.
	leaving := map[int]map[string][]string{}
	for i := range l.items {
		if inner := l.items[i].inner; inner != nil {
			leaving[i] = map[string][]string{}
			inner.walk(got, func(from, to string) { leaving[i][to] = append(leaving[i][to], from) })
		}
	}
	for _, w := range l.wires {
		first, last := w.path[0], w.path[len(w.path)-1]
		var sources []string
		to := ""
		if l.items[last].is == aPort {
			to = portName(l.outs, last)
		}
		switch it := &l.items[first]; {
		case it.is == aNode:
			sources = []string{it.node.Name}
		case it.inner != nil:
			for target, from := range leaving[first] {
				if l.items[last].is == aPort && target == to || l.items[last].is == aNode && target == l.items[last].node.Name ||
					l.items[last].inner != nil && l.items[last].inner.ins[target] > 0 {
					for _, f := range from {
						if l.items[last].is == aPort {
							out(f, target)
						} else {
							got[f+" > "+target]++
						}
					}
				}
			}
			continue
		default:
			continue // it comes in from outside
		}
		for _, s := range sources {
			switch {
			case l.items[last].is == aPort:
				out(s, to)
			case l.items[last].inner != nil:
				for name := range l.items[last].inner.ins {
					got[s+" > "+name]++
				}
			default:
				for _, g := range goals(last, "") {
					got[s+" > "+g]++
				}
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		var a, b bytes.Buffer
		if err := errors.Join(random(seed, 40).SVG(&a), random(seed, 40).SVG(&b)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatalf("seed %d: two pictures of one flow differ", seed)
		}
	}
}

// TestHostileText draws a flow whose every word tries to leave its place.
func TestHostileText(t *testing.T) {
	t.Parallel()
	bad := "\"]; x -> y </text><script>alert(1)</script> & ${a} `b` \\ #quot; \n end"
	g := &Graph{
		Title: bad,
		Nodes: []Node{{Name: bad, Kind: "say", Text: bad, Requires: bad}, {Name: "b", Kind: "hangup"}},
		Edges: []Edge{{From: bad, To: "b", Labels: []string{bad}}},
	}
	var svg, dot, mermaid bytes.Buffer
	if err := errors.Join(g.SVG(&svg), g.DOT(&dot), g.Mermaid(&mermaid)); err != nil {
		t.Fatal(err)
	}
	elements := map[string]int{}
	for d := xml.NewDecoder(&svg); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
		if s, ok := token.(xml.StartElement); ok {
			elements[s.Name.Local]++
		}
	}
	for name := range elements {
		switch name {
		case "svg", "title", "style", "rect", "text", "path":
		default:
			t.Errorf("the words of a flow made an element <%s>", name)
		}
	}
	bare := regexp.MustCompile(`"(\\.|[^"\\])*"`).ReplaceAllString(dot.String(), "_")
	if n := strings.Count(bare, "->"); n != 1 || strings.Contains(bare, `"`) {
		t.Errorf("DOT has %d arrows outside of its words:\n%s", n, dot.String())
	}
	for _, line := range strings.Split(mermaid.String(), "\n") {
		if strings.Contains(line, "<script") || strings.Count(line, `"`)%2 != 0 {
			t.Errorf("Mermaid: %s", line)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		g := random(1, n)
		for name, draw := range map[string]func(io.Writer) error{"dot": g.DOT, "mermaid": g.Mermaid, "svg": g.SVG} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := draw(io.Discard); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/state")
			})
		}
	}
}
