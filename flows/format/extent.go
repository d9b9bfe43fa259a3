package format

import (
	"slices"

	"gopkg.in/yaml.v3"
)

const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle

// place is a place in the source: a line and a column, both from 0.
type place struct{ line, col int }

func start(n *yaml.Node) place { return place{n.Line - 1, n.Column - 1} }

// at is the character at a place, or 0 beyond the end of its line.
func (p *printer) at(w place) rune {
	if w.line < len(p.lines) && w.col < len(p.lines[w.line]) {
		return p.lines[w.line][w.col]
	}
	return 0
}

// text is the source from one place to another on the same line.
func (p *printer) text(line, from, to int) string {
	l := p.lines[line]
	return string(l[min(from, len(l)):min(to, len(l))])
}

// isNothing tells a value that is not written at all.
func isNothing(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" && n.Style&quotes == 0
}

func isFlow(n *yaml.Node) bool {
	return (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode) && n.Style&yaml.FlowStyle != 0
}

func isBlockScalar(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// end is the place after a value that is no block. Outside braces a plain text
// goes on in lines that are indented deeper than indent.
func (p *printer) end(n *yaml.Node, indent int, braces bool) place {
	switch {
	case n.Kind != yaml.ScalarNode:
		return p.endOfBraces(n)
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return p.endOfQuotes(start(n), '"')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return p.endOfQuotes(start(n), '\'')
	case braces:
		return p.endInBraces(start(n))
	}
	return p.endOfPlain(start(n), indent)
}

func (p *printer) endOfQuotes(from place, quote rune) place {
	w := place{from.line, from.col + 1}
	for w.line < len(p.lines) {
		if w.col >= len(p.lines[w.line]) {
			w = place{w.line + 1, 0}
			continue
		}
		ch := p.at(w)
		w.col++
		switch {
		case ch == '\\' && quote == '"':
			w.col++
		case ch == quote && quote == '\'' && p.at(w) == quote:
			w.col++
		case ch == quote:
			return w
		}
	}
	return w
}

// endOfLine is where a plain text ends on a line: at a comment, or at the colon
// of a key, or inside braces at what divides values.
func (p *printer) endOfLine(from place, braces bool) (place, bool) {
	line := p.lines[from.line]
	col, last := from.col, from.col
	for ; col < len(line); col++ {
		ch := line[col]
		switch {
		case ch == '#' && col > from.col && isBlank(line[col-1]), ch == '#' && col == from.col && col > 0 && isBlank(line[col-1]):
			return place{from.line, last}, true
		case ch == ':' && (col+1 == len(line) || isBlank(line[col+1]) || braces && slices.Contains([]rune(",[]{}"), line[col+1])):
			return place{from.line, last}, true
		case braces && slices.Contains([]rune(",[]{}"), ch):
			return place{from.line, last}, true
		case !isBlank(ch):
			last = col + 1
		}
	}
	return place{from.line, last}, false
}

func (p *printer) endOfPlain(from place, indent int) place {
	end, closed := p.endOfLine(from, false)
	for next := from.line + 1; !closed && next < len(p.lines); next++ {
		margin, empty := marginOf(p.lines[next])
		switch {
		case empty:
			continue
		case margin <= indent || p.lines[next][margin] == '#':
			return end
		}
		end, closed = p.endOfLine(place{next, margin}, false)
	}
	return end
}

func (p *printer) endInBraces(from place) place {
	end, closed := p.endOfLine(from, true)
	for next := from.line + 1; !closed && next < len(p.lines); next++ {
		margin, empty := marginOf(p.lines[next])
		if empty {
			continue
		}
		if p.lines[next][margin] == '#' {
			return end
		}
		var on place
		if on, closed = p.endOfLine(place{next, margin}, true); on.col > margin {
			end = on
		}
	}
	return end
}

// endOfBraces is the place after the closing brace of a mapping or a list.
func (p *printer) endOfBraces(n *yaml.Node) place {
	w := start(n)
	open := p.at(w)
	if open == '{' || open == '[' {
		w.col++
	}
	for _, c := range n.Content {
		if !isNothing(c) {
			w = p.end(c, 0, true)
		}
	}
	if open != '{' && open != '[' {
		return w // a single pair within a list
	}
	for w.line < len(p.lines) {
		switch ch := p.at(w); ch {
		case '}', ']':
			return place{w.line, w.col + 1}
		case 0, '#':
			w = place{w.line + 1, 0}
		default:
			w.col++
		}
	}
	return w
}

// marginOf is how far a line is indented, and whether there is nothing on it.
func marginOf(line []rune) (int, bool) {
	for i, ch := range line {
		if !isBlank(ch) {
			return i, false
		}
	}
	return len(line), true
}

func isBlank(ch rune) bool { return ch == ' ' || ch == '\t' }
