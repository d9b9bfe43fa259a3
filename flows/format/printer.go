package format

import (
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

// step is how much deeper each level stands.
const step = 2

// printer lays out what stands in lines. It takes them from first to last: each
// belongs to one entry, as its value or as a comment.
type printer struct {
	lines [][]rune
	next  int // the first line that is nobody's yet
}

// entry is a pair of a mapping, or an item of a list, laid out.
type entry struct {
	rank  int
	apart bool     // a blank line stood before it
	lead  []string // the comments above it
	body  []string
	named string // its key
}

// document lays out the whole file.
func (p *printer) document(top *yaml.Node, s flows.Shape) ([]string, error) {
	if top.Kind != yaml.MappingNode {
		return nil, errLoss
	}
	if isFlow(top) {
		return p.documentInBraces(top, s)
	}
	entries, err := p.pairs(top, s, 0)
	if err != nil {
		return nil, err
	}
	head := p.head(entries)
	tail := p.rest()
	lines := append(head, p.join(entries, func(before, e *entry) bool {
		return e.apart || e.named == "states"
	})...)
	if len(tail) > 0 && tail[0] != "" && len(lines) > 0 {
		tail = append([]string{""}, tail...)
	}
	return append(lines, tail...), nil
}

// head takes the comments off the first entry that a blank line parts from it:
// they are about the file and stay at its top.
func (p *printer) head(entries []entry) []string {
	if len(entries) == 0 {
		return nil
	}
	first := &entries[0]
	for i := len(first.lead) - 1; i >= 0; i-- {
		if first.lead[i] == "" {
			head := first.lead[: i+1 : i+1]
			first.lead = first.lead[i+1:]
			return head
		}
	}
	return nil
}

// rest are the comments after everything else.
func (p *printer) rest() []string {
	apart, lead, _ := p.lead(len(p.lines), 0)
	for len(lead) > 0 && lead[len(lead)-1] == "" {
		lead = lead[:len(lead)-1]
	}
	if apart && len(lead) > 0 {
		return append([]string{""}, lead...)
	}
	return lead
}

// join puts entries in their order, and blank lines between them where apart
// says so.
func (p *printer) join(entries []entry, apart func(before, e *entry) bool) []string {
	sortEntries(entries)
	var lines []string
	for i := range entries {
		if i > 0 && apart(&entries[i-1], &entries[i]) && lines[len(lines)-1] != "" {
			lines = append(lines, "")
		}
		lines = append(lines, entries[i].lead...)
		lines = append(lines, entries[i].body...)
	}
	return lines
}

// asWritten keeps blank lines where they are.
func asWritten(_, e *entry) bool { return e.apart }

// betweenStates parts states by one blank line, except those of one line each.
func betweenStates(before, e *entry) bool {
	return e.apart || len(before.body) > 1 || len(e.body) > 1
}

// lead takes the comments and blank lines before a line. Those of several blank
// lines become one, and apart tells of those before the first comment.
func (p *printer) lead(until, indent int) (apart bool, lead []string, err error) {
	for ; p.next < until; p.next++ {
		margin, empty := marginOf(p.lines[p.next])
		switch {
		case empty && len(lead) == 0:
			apart = true
		case empty:
			if lead[len(lead)-1] != "" {
				lead = append(lead, "")
			}
		case p.lines[p.next][margin] == '#', string(p.lines[p.next]) == "---":
			lead = append(lead, pad(indent)+strings.TrimRight(string(p.lines[p.next][margin:]), " \t"))
		default:
			return false, nil, errLoss
		}
	}
	return apart, lead, nil
}

// tail takes the comments that follow the last entry of a collection and are
// indented at least as far.
func (p *printer) tail(margin, indent int) []string {
	var lines []string
	blank := false
	for i := p.next; i < len(p.lines); i++ {
		m, empty := marginOf(p.lines[i])
		switch {
		case empty:
			blank = true
			continue
		case p.lines[i][m] != '#' || m < margin:
			return lines
		}
		if blank {
			lines = append(lines, "")
		}
		blank = false
		lines = append(lines, pad(indent)+strings.TrimRight(string(p.lines[i][m:]), " \t"))
		p.next = i + 1
	}
	return lines
}

// collection lays out a mapping or a list that stands below its key.
func (p *printer) collection(n *yaml.Node, s flows.Shape, parent, indent int) ([]string, error) {
	s = resolve(s, n)
	var entries []entry
	var err error
	apart := asWritten
	if n.Kind == yaml.SequenceNode {
		entries, err = p.items(n, s, indent)
	} else {
		entries, err = p.pairs(n, s, indent)
		if s.Names.What == "state" {
			apart = betweenStates
		}
	}
	if err != nil {
		return nil, err
	}
	lines := p.join(entries, apart)
	return append(lines, p.tail(max(start(n).col, parent+1), indent)...), nil
}

// pairs lays out the pairs of a mapping.
func (p *printer) pairs(n *yaml.Node, s flows.Shape, indent int) ([]entry, error) {
	entries := make([]entry, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || isBlockScalar(k) || isNothing(k) {
			return nil, errLoss
		}
		e := entry{rank: rank(s, k.Value), named: k.Value}
		var err error
		if e.apart, e.lead, err = p.lead(start(k).line, indent); err != nil {
			return nil, err
		}
		after := p.end(k, start(n).col, false)
		colon := after
		for isBlank(p.at(colon)) {
			colon.col++
		}
		if p.at(colon) != ':' || after.line != start(k).line {
			return nil, errLoss
		}
		colon.col++
		key := pad(indent) + p.text(after.line, start(k).col, after.col) + ":"
		hoisted, body, err := p.value(v, under(s, k.Value), key, colon, start(n).col, indent)
		if err != nil {
			return nil, err
		}
		e.lead, e.body = append(e.lead, hoisted...), body
		entries = append(entries, e)
	}
	return entries, nil
}

// items lays out the items of a list.
func (p *printer) items(n *yaml.Node, s flows.Shape, indent int) ([]entry, error) {
	entries := make([]entry, 0, len(n.Content))
	for i, c := range n.Content {
		dash := start(n)
		if i > 0 {
			dash.line = p.content()
		}
		if p.at(dash) != '-' {
			return nil, errLoss
		}
		e := entry{rank: i}
		var err error
		if e.apart, e.lead, err = p.lead(dash.line, indent); err != nil {
			return nil, err
		}
		after := place{dash.line, dash.col + 1}
		var hoisted []string
		if (c.Kind == yaml.MappingNode || c.Kind == yaml.SequenceNode) && !isFlow(c) {
			hoisted, e.body, err = p.nested(c, within(s), after, dash.col, indent)
		} else {
			hoisted, e.body, err = p.value(c, within(s), pad(indent)+"-", after, dash.col, indent)
		}
		if err != nil {
			return nil, err
		}
		e.lead = append(e.lead, hoisted...)
		entries = append(entries, e)
	}
	return entries, nil
}

// content is the next line that is neither blank nor a comment.
func (p *printer) content() int {
	i := p.next
	for ; i < len(p.lines); i++ {
		if margin, empty := marginOf(p.lines[i]); !empty && p.lines[i][margin] != '#' {
			break
		}
	}
	return i
}

// nested lays out a mapping or a list that is an item of a list: its first line
// stands beside the dash, and comments before that above it.
func (p *printer) nested(n *yaml.Node, s flows.Shape, after place, parent, indent int) (hoisted, body []string, err error) {
	p.next = after.line + 1
	if start(n).line > after.line {
		if hoisted, err = p.comment(after, indent); err != nil {
			return nil, nil, err
		}
	}
	lines, err := p.collection(n, s, parent, indent+step)
	if err != nil {
		return nil, nil, err
	}
	for len(lines) > 0 && (lines[0] == "" || strings.HasPrefix(strings.TrimLeft(lines[0], " "), "#")) {
		if lines[0] != "" {
			hoisted = append(hoisted, pad(indent)+strings.TrimLeft(lines[0], " "))
		}
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil, nil, errLoss
	}
	lines[0] = pad(indent) + "- " + lines[0][indent+step:]
	return hoisted, lines, nil
}

// comment is what remains of a line after a place, as a line of its own: a
// comment, or nothing.
func (p *printer) comment(after place, indent int) ([]string, error) {
	c, err := p.trailing(after)
	if c == "" {
		return nil, err
	}
	return []string{pad(indent) + strings.TrimLeft(c, " \t")}, err
}

// trailing is the comment that ends a line, with the blanks before it.
func (p *printer) trailing(after place) (string, error) {
	line := p.lines[after.line]
	rest := string(line[min(after.col, len(line)):])
	trimmed := strings.Trim(rest, " \t")
	switch {
	case trimmed == "":
		return "", nil
	case trimmed[0] != '#':
		return "", errLoss
	}
	return strings.TrimRight(rest, " \t"), nil
}

// value lays out what stands after a key, or after a dash. Comments that have no
// place beside it are hoisted above it.
func (p *printer) value(v *yaml.Node, s flows.Shape, key string, after place, parent, indent int) (hoisted, body []string, err error) {
	p.next = after.line + 1
	switch {
	case isNothing(v):
		c, err := p.trailing(after)
		return nil, []string{key + c}, err
	case v.Kind == yaml.ScalarNode:
		body, err = p.scalar(v, key, after, parent, indent)
		return nil, body, err
	case isFlow(v):
		return p.braces(v, s, key, after, parent, indent)
	case v.Kind != yaml.MappingNode && v.Kind != yaml.SequenceNode:
		return nil, nil, errLoss
	}
	c, err := p.trailing(after)
	if err != nil {
		return nil, nil, err
	}
	lines, err := p.collection(v, s, parent, indent+step)
	return nil, append([]string{key + c}, lines...), err
}

// scalar lays out one value, in as many lines as it was written.
func (p *printer) scalar(v *yaml.Node, key string, after place, parent, indent int) ([]string, error) {
	var body []string
	at := start(v)
	first := key
	if at.line > after.line { // it begins below its key
		c, err := p.trailing(after)
		if err != nil {
			return nil, err
		}
		_, between, err := p.lead(at.line, indent+step)
		if err != nil {
			return nil, err
		}
		body = append(append(body, key+c), between...)
		first = pad(indent + step - 1)
	}
	if isBlockScalar(v) {
		return p.block(v, body, first, parent, indent)
	}
	end := p.end(v, parent, false)
	if end.line >= len(p.lines) {
		return nil, errLoss
	}
	for line := at.line; line <= end.line; line++ {
		from, to := 0, len(p.lines[line])
		if line == at.line {
			from = at.col
		}
		if line == end.line {
			to = end.col
		}
		text := strings.Trim(p.text(line, from, to), " \t")
		switch {
		case line == at.line:
			text = first + " " + text
		case text != "":
			text = pad(indent+step) + text
		}
		body = append(body, text)
	}
	c, err := p.trailing(end)
	body[len(body)-1] += c
	p.next = end.line + 1
	return body, err
}

// block lays out a text below | or >.
func (p *printer) block(v *yaml.Node, body []string, first string, parent, indent int) ([]string, error) {
	at := start(v)
	header := strings.TrimRight(string(p.lines[at.line][at.col:]), " \t")
	body = append(body, first+" "+header)
	style, _, _ := strings.Cut(header, "#")
	margin, to := -1, indent+step
	for _, ch := range style {
		if '1' <= ch && ch <= '9' {
			margin, to = parent+int(ch-'0'), indent+int(ch-'0')
		}
	}
	last := at.line
	line := at.line + 1
	for ; line < len(p.lines); line++ {
		m := spacesOf(p.lines[line])
		if m == len(p.lines[line]) && (margin < 0 || m <= margin) {
			continue // blank
		}
		if margin < 0 && m > parent {
			margin = m
		}
		if margin < 0 || m < margin {
			break
		}
		last = line
	}
	if strings.Contains(style, "+") {
		last = line - 1
	}
	for i := at.line + 1; i <= last; i++ {
		text := ""
		if l := p.lines[i]; len(l) > max(margin, 0) {
			text = pad(to) + string(l[max(margin, 0):])
		}
		body = append(body, text)
	}
	p.next = last + 1
	return body, nil
}

func spacesOf(line []rune) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

func pad(n int) string { return strings.Repeat(" ", n) }
