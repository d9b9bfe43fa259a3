package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// DOT writes the graph for Graphviz.
func (g *Graph) DOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "digraph %s {\n", dotQuote(g.Title))
	fmt.Fprintf(b, "  label=%s labelloc=t fontname=\"Helvetica\";\n", dotQuote(g.Title))
	fmt.Fprint(b, "  node [shape=box style=rounded fontname=\"Helvetica\" fontsize=11];\n  edge [fontname=\"Helvetica\" fontsize=10];\n")
	g.boxes(func(depth int, open bool, name string) {
		indent := strings.Repeat("  ", depth+1)
		if open {
			fmt.Fprintf(b, "%ssubgraph %s {\n%s  label=%s style=dashed;\n", indent, dotQuote("cluster "+name), indent, dotQuote(name))
		} else {
			fmt.Fprintf(b, "%s}\n", indent)
		}
	}, func(depth int, n *Node) {
		fmt.Fprintf(b, "%s%s [label=%s%s];\n", strings.Repeat("  ", depth+1), dotQuote(n.Name), dotLabel(n), dotStyle(g, n))
	})
	for _, e := range g.Edges {
		fmt.Fprintf(b, "  %s -> %s", dotQuote(e.From), dotQuote(e.To))
		var attrs []string
		if len(e.Labels) > 0 {
			attrs = append(attrs, "label="+dotQuote(strings.Join(e.Labels, "\n")))
		}
		if g.Covered && !e.Taken {
			attrs = append(attrs, "style=dashed color=\"#b3261e\" fontcolor=\"#b3261e\"")
		}
		if len(attrs) > 0 {
			fmt.Fprintf(b, " [%s]", strings.Join(attrs, " "))
		}
		fmt.Fprint(b, ";\n")
	}
	fmt.Fprint(b, "}\n")
	return b.Flush()
}

func dotLabel(n *Node) string {
	lines := []string{n.name()}
	if n.Kind != "" {
		lines = append(lines, strings.Join(append([]string{n.Kind}, n.badges()...), " · "))
	}
	if n.Text != "" {
		lines = append(lines, short(n.Text, 40))
	}
	return dotQuote(strings.Join(lines, "\n"))
}

func dotStyle(g *Graph, n *Node) string {
	var s string
	switch n.Shape {
	case Question:
		s = ` style="rounded,filled" fillcolor="#e3effb"`
	case Effect:
		s = ` style="rounded,filled" fillcolor="#fdf1d8"`
	case End:
		s = ` style="rounded,filled" fillcolor="#e8e8e8"`
	case Event:
		s = ` shape=plaintext`
	}
	if n.Requires != "" {
		s += " peripheries=2"
	}
	if n.Start {
		s += " penwidth=2"
	}
	if g.Covered && !n.Reached && n.Shape != Event {
		s += ` color="#b3261e"`
	}
	return s
}

// dotQuote writes text as a DOT string. A line break in it is one in the picture.
func dotQuote(s string) string {
	return `"` + dotEscapes.Replace(s) + `"`
}

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", " ")

// boxes walks the nodes with the boxes around them: nested, each opened at its
// head.
func (g *Graph) boxes(edge func(depth int, open bool, name string), node func(depth int, n *Node)) {
	of := g.byBox()
	var walk func(name string, depth int)
	walk = func(name string, depth int) {
		for _, i := range of[name] {
			n := &g.Nodes[i]
			if n.Name == name || n.Box != n.Name {
				node(depth, n)
				continue
			}
			edge(depth, true, n.Name)
			walk(n.Name, depth+1)
			edge(depth, false, n.Name)
		}
	}
	walk("", 0)
}

// byBox groups nodes, by index, by the box they stand in. The head of a box
// stands in it, and in the box around it.
func (g *Graph) byBox() map[string][]int {
	of := map[string][]int{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		of[n.Box] = append(of[n.Box], i)
		if n.Box == n.Name && n.Name != "" {
			of[n.Around] = append(of[n.Around], i)
		}
	}
	return of
}
