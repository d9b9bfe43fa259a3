package format

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"callflow/flows"
)

func sortEntries(entries []entry) {
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.rank, b.rank) })
}

// braces lays out a value in braces or brackets: on the line of its key where it
// fits, else as a block. One with comments in it stays as it is.
func (p *printer) braces(v *yaml.Node, s flows.Shape, key string, after place, parent, indent int) (hoisted, body []string, err error) {
	from, end := start(v), p.end(v, parent, false)
	if end.line >= len(p.lines) {
		return nil, nil, errLoss
	}
	if from.line > after.line {
		if hoisted, err = p.comment(after, indent); err != nil {
			return nil, nil, err
		}
		_, between, err := p.lead(from.line, indent)
		if err != nil {
			return nil, nil, err
		}
		hoisted = append(hoisted, between...)
	}
	p.next = end.line + 1
	c, err := p.trailing(end)
	if err != nil {
		return nil, nil, err
	}
	if p.hasComment(from, end) {
		body = p.asIs(key, from, end, indent)
		body[len(body)-1] += c
		return hoisted, body, nil
	}
	line, err := p.inline(v, s)
	if err != nil {
		return nil, nil, err
	}
	if fits(key+" "+line) || len(v.Content) == 0 {
		return hoisted, []string{key + " " + line + c}, nil
	}
	lines, err := p.expand(v, s, indent+step)
	if err != nil {
		return nil, nil, err
	}
	if !strings.HasSuffix(key, "-") {
		return hoisted, append([]string{key + c}, lines...), nil
	}
	if c != "" {
		hoisted = append(hoisted, pad(indent)+strings.TrimLeft(c, " \t"))
	}
	lines[0] = pad(indent) + "- " + lines[0][indent+step:]
	return hoisted, lines, nil
}

func fits(line string) bool { return utf8.RuneCountInString(line) <= width }

// hasComment tells whether there may be a comment between two places: one that
// ends a line before the last, or a text that looks like one.
func (p *printer) hasComment(from, end place) bool {
	for line := from.line; line < end.line; line++ {
		l := p.lines[line]
		for i, ch := range l {
			if ch == '#' && (i == 0 || isBlank(l[i-1])) {
				return true
			}
		}
	}
	return false
}

// asIs are the lines of a value as they were written, further right or left.
func (p *printer) asIs(key string, from, end place, indent int) []string {
	lines := []string{key + " " + p.lineUntil(from, end)}
	for line := from.line + 1; line <= end.line; line++ {
		text := strings.TrimLeft(p.lineUntil(place{line, 0}, end), " \t")
		switch {
		case text == "":
		case line == end.line && len(text) == 1:
			text = pad(indent) + text // the brace alone
		default:
			text = pad(indent+step) + text
		}
		lines = append(lines, text)
	}
	return lines
}

func (p *printer) lineUntil(from, end place) string {
	to := len(p.lines[from.line])
	if from.line == end.line {
		to = end.col
	}
	return strings.TrimRight(p.text(from.line, from.col, to), " \t")
}

// inline is a value in braces on one line.
func (p *printer) inline(v *yaml.Node, s flows.Shape) (string, error) {
	switch {
	case v.Kind == yaml.ScalarNode:
		return p.word(v)
	case v.Kind == yaml.SequenceNode:
		s = resolve(s, v)
		items := make([]string, len(v.Content))
		for i, c := range v.Content {
			text, err := p.inline(c, within(s))
			if err != nil {
				return "", err
			}
			items[i] = text
		}
		return "[" + strings.Join(items, ", ") + "]", nil
	case v.Kind != yaml.MappingNode:
		return "", errLoss
	case len(v.Content) == 0:
		return "{}", nil
	}
	pairs, err := p.pairsInBraces(v, s, func(value *yaml.Node, s flows.Shape, key string) ([]string, error) {
		if isNothing(value) {
			return []string{key + " "}, nil // a comma would be part of the key
		}
		text, err := p.inline(value, s)
		return []string{strings.TrimSpace(key + " " + text)}, err
	})
	if err != nil {
		return "", err
	}
	texts := make([]string, len(pairs))
	for i := range pairs {
		texts[i] = pairs[i].body[0]
	}
	return "{ " + strings.TrimRight(strings.Join(texts, ", "), " ") + " }", nil
}

// pairsInBraces lays out the pairs of a mapping in braces, in their order.
func (p *printer) pairsInBraces(v *yaml.Node, s flows.Shape, layOut func(*yaml.Node, flows.Shape, string) ([]string, error)) ([]entry, error) {
	s = resolve(s, v)
	entries := make([]entry, 0, len(v.Content)/2)
	for i := 0; i+1 < len(v.Content); i += 2 {
		k, value := v.Content[i], v.Content[i+1]
		if k.Kind != yaml.ScalarNode || isNothing(k) {
			return nil, errLoss
		}
		key, err := p.word(k)
		if err != nil {
			return nil, err
		}
		if !isNothing(value) || p.hasColon(k) {
			key += ":"
		}
		body, err := layOut(value, under(s, k.Value), key)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{rank: rank(s, k.Value), named: k.Value, body: body})
	}
	sortEntries(entries)
	return entries, nil
}

func (p *printer) hasColon(key *yaml.Node) bool {
	w := p.end(key, 0, true)
	for isBlank(p.at(w)) {
		w.col++
	}
	return p.at(w) == ':'
}

// word is a single value in braces. One of several lines becomes one line, where
// that is the same text.
func (p *printer) word(v *yaml.Node) (string, error) {
	if isNothing(v) {
		return "", nil
	}
	from, end := start(v), p.end(v, 0, true)
	if end.line >= len(p.lines) {
		return "", errLoss
	}
	if from.line == end.line {
		return p.text(from.line, from.col, end.col), nil
	}
	parts := []string{p.lineUntil(from, end)}
	for line := from.line + 1; line <= end.line; line++ {
		part := strings.TrimLeft(p.lineUntil(place{line, 0}, end), " \t")
		if part == "" || strings.HasSuffix(parts[len(parts)-1], `\`) {
			return "", errLoss // a line break that counts
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " "), nil
}

// expand lays a value in braces out as a block.
func (p *printer) expand(v *yaml.Node, s flows.Shape, indent int) ([]string, error) {
	s = resolve(s, v)
	var lines []string
	if v.Kind == yaml.SequenceNode {
		for _, c := range v.Content {
			more, err := p.inBlock(c, within(s), pad(indent)+"-", indent)
			if err != nil {
				return nil, err
			}
			lines = append(lines, more...)
		}
		return lines, nil
	}
	pairs, err := p.pairsInBraces(v, s, func(value *yaml.Node, s flows.Shape, key string) ([]string, error) {
		return p.inBlock(value, s, pad(indent)+strings.TrimSuffix(key, ":")+":", indent)
	})
	if err != nil {
		return nil, err
	}
	for i := range pairs {
		lines = append(lines, pairs[i].body...)
	}
	return lines, nil
}

// inBlock lays out a value that stood in braces after a key, or a dash, of a
// block.
func (p *printer) inBlock(v *yaml.Node, s flows.Shape, key string, indent int) ([]string, error) {
	line, err := p.inline(v, s)
	switch {
	case err != nil:
		return nil, err
	case isNothing(v):
		return []string{key}, nil
	case v.Kind == yaml.ScalarNode, len(v.Content) == 0, fits(key + " " + line):
		return []string{key + " " + line}, nil
	}
	lines, err := p.expand(v, s, indent+step)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(key, "-") {
		lines[0] = pad(indent) + "- " + lines[0][indent+step:]
		return lines, nil
	}
	return append([]string{key}, lines...), nil
}

// documentInBraces lays out a file that is one mapping in braces.
func (p *printer) documentInBraces(top *yaml.Node, s flows.Shape) ([]string, error) {
	_, lead, err := p.lead(start(top).line, 0)
	if err != nil {
		return nil, err
	}
	end := p.end(top, 0, false)
	if end.line >= len(p.lines) || p.hasComment(start(top), end) {
		return nil, errLoss
	}
	p.next = end.line + 1
	last, err := p.comment(end, 0)
	if err != nil {
		return nil, err
	}
	lines, err := p.expand(top, s, 0)
	if err != nil {
		return nil, err
	}
	return append(append(append(lead, lines...), last...), p.rest()...), nil
}
