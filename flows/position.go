package flows

import "unicode/utf8"

// inside is the place of the byte at offset of a value in the source: past
// quotes, escapes and folded lines. Where those cannot be followed it is where
// the value begins.
func (c *compiler) inside(s Scalar, offset int) Pos {
	return c.lines.inside(c.doc.Source, s, offset)
}

func (x *index) inside(src []byte, s Scalar, offset int) Pos {
	if offset > len(s.Value) {
		offset = len(s.Value)
	}
	f := follower{lines: x, src: src, line: s.Pos.Line, col: s.Pos.Col - 1}
	f.text = x.of(src, f.line)
	if s.Quoted && f.col < len(f.text) {
		switch f.text[f.col] {
		case '"', '\'':
			f.style = f.text[f.col]
			f.col++
		case '|', '>':
			f.style = f.text[f.col]
			if !f.nextLine() {
				return s.Pos
			}
		}
	}
	for i, r := range s.Value {
		if i >= offset {
			break
		}
		if !f.follow(r) {
			return s.Pos
		}
	}
	if r, _ := utf8.DecodeRuneInString(s.Value[offset:]); r != ' ' && r != '\n' {
		f.skipBreak()
	}
	return Pos{f.line, f.col + 1}
}

// follower goes through the source of a value, character by character.
type follower struct {
	lines *index
	src   []byte
	style rune // the quote, | or >, or 0
	line  int
	col   int // from 0
	text  []rune
	// broken is set when a line break was passed that stands for white space.
	broken bool
}

// follow goes past the source of one character of the value.
func (f *follower) follow(r rune) bool {
	white := r == ' ' || r == '\n' || r == '\t'
	if f.broken && white {
		return true // more of the break that was passed
	}
	f.broken = false
	if f.style == '"' && f.col < len(f.text) && f.text[f.col] == '\\' {
		if f.col+1 == len(f.text) {
			return f.nextLine() && f.follow(r) // the line break is escaped
		}
		return f.escape()
	}
	if f.col < len(f.text) && f.text[f.col] == r && !(white && f.style != '|' && f.rest()) {
		f.col++
		if f.style == '\'' && r == '\'' {
			f.col++
		}
		return true
	}
	if white && f.rest() {
		f.broken = f.style != '|'
		return f.nextLine()
	}
	return false
}

// rest tells whether only blanks are left in the line.
func (f *follower) rest() bool {
	for _, r := range f.text[min(f.col, len(f.text)):] {
		if r != ' ' && r != '\t' {
			return false
		}
	}
	return true
}

// skipBreak goes to where the value goes on, at the end of a line.
func (f *follower) skipBreak() {
	escaped := f.style == '"' && f.col+1 == len(f.text) && f.text[f.col] == '\\'
	if escaped || f.rest() {
		f.nextLine()
	}
}

// nextLine goes to the first character of the value in the next line that has
// any. Blank lines of a literal block count.
func (f *follower) nextLine() bool {
	for {
		f.line++
		text := f.lines.of(f.src, f.line)
		if text == nil {
			return false
		}
		f.text, f.col = text, 0
		if !f.rest() {
			for f.text[f.col] == ' ' || f.text[f.col] == '\t' {
				f.col++
			}
			return true
		}
	}
}

// escape goes past an escape of a double-quoted value.
func (f *follower) escape() bool {
	length := 2
	switch f.text[f.col+1] {
	case 'x':
		length = 4
	case 'u':
		length = 6
	case 'U':
		length = 10
	}
	f.col += length
	return f.col <= len(f.text)
}

// inside moves places behind the end of a file to its end: the YAML reader puts
// what is missing there onto a line that does not exist.
func inside(src []byte, diags Diagnostics) {
	if len(diags) == 0 {
		return
	}
	source := splitLines(src)
	move := func(p *Pos) {
		if p.Line <= len(source) {
			return
		}
		last, _ := source.line(src, len(source))
		*p = Pos{Line: len(source), Col: len([]rune(last)) + 1}
	}
	for i := range diags {
		move(&diags[i].Pos)
		for j := range diags[i].Related {
			if r := &diags[i].Related[j]; r.File == "" || r.File == diags[i].File {
				move(&r.Pos)
			}
		}
	}
}
