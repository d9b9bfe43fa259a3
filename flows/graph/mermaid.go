package graph

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Mermaid writes the graph as a Mermaid flowchart, which code hosts draw inside
// Markdown.
func (g *Graph) Mermaid(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "flowchart TD\n")
	id := make(map[string]string, len(g.Nodes))
	for i := range g.Nodes {
		id[g.Nodes[i].Name] = "n" + strconv.Itoa(i)
	}
	box := 0
	g.boxes(func(depth int, open bool, name string) {
		indent := strings.Repeat("  ", depth+1)
		if open {
			fmt.Fprintf(b, "%ssubgraph b%d [%s]\n", indent, box, mermaidQuote(name))
			box++
		} else {
			fmt.Fprintf(b, "%send\n", indent)
		}
	}, func(depth int, n *Node) {
		left, right := "(", ")"
		switch n.Shape {
		case Question:
			left, right = "[/", "/]"
		case Effect:
			left, right = "[[", "]]"
		case End:
			left, right = "([", "])"
		case Event:
			left, right = ">", "]"
		}
		label := n.name()
		if marks := n.badges(); len(marks) > 0 {
			label += "\n" + strings.Join(marks, ", ")
		}
		if n.Text != "" {
			label += "\n" + short(n.Text, 40)
		}
		fmt.Fprintf(b, "%s%s%s%s%s\n", strings.Repeat("  ", depth+1), id[n.Name], left, mermaidQuote(label), right)
	})
	var missed []string
	for i, e := range g.Edges {
		arrow := "-->"
		if g.Covered && !e.Taken {
			arrow = "-.->"
			missed = append(missed, strconv.Itoa(i))
		}
		label := ""
		if len(e.Labels) > 0 {
			label = "|" + mermaidQuote(strings.Join(e.Labels, "\n")) + "|"
		}
		fmt.Fprintf(b, "  %s %s%s %s\n", id[e.From], arrow, label, id[e.To])
	}
	if len(missed) > 0 {
		fmt.Fprintf(b, "  linkStyle %s stroke:#b3261e\n", strings.Join(missed, ","))
	}
	fmt.Fprint(b, "  classDef protected stroke-width:3px\n")
	var protected []string
	for i := range g.Nodes {
		if g.Nodes[i].Requires != "" {
			protected = append(protected, id[g.Nodes[i].Name])
		}
	}
	if len(protected) > 0 {
		fmt.Fprintf(b, "  class %s protected\n", strings.Join(protected, ","))
	}
	return b.Flush()
}

// mermaidQuote writes text as a Mermaid string. Its entities are written with #;
// a line break is one in the picture.
func mermaidQuote(s string) string {
	return `"` + mermaidEscapes.Replace(s) + `"`
}

var mermaidEscapes = strings.NewReplacer(
	"#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;", "\n", "<br>", "\r", " ",
)
