package flows

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// lines are the offsets at which the lines of a source begin.
type lines []int

// splitLines finds lines where the YAML reader does: after a line feed, a
// carriage return, both, and the three breaks of Unicode. A byte order mark is
// no part of the first line.
func splitLines(src []byte) lines {
	start := 0
	if bytes.HasPrefix(src, []byte("\uFEFF")) {
		start = len("\uFEFF")
	}
	found := lines{start}
	for i := start; i < len(src); {
		n := breakAt(src[i:])
		if n > 0 {
			found = append(found, i+n)
		}
		i += max(n, 1)
	}
	return found
}

// line is the n-th line of the source, from 1, without its break.
func (l lines) line(src []byte, n int) (string, bool) {
	if n < 1 || n > len(l) {
		return "", false
	}
	rest := src[l[n-1]:]
	if n < len(l) {
		rest = rest[:l[n]-l[n-1]]
	}
	for i := 0; i < len(rest); i++ {
		if breakAt(rest[i:]) > 0 {
			return string(rest[:i]), true
		}
	}
	return string(rest), true
}

// breakAt is the length of the line break that s begins with, or 0.
func breakAt(s []byte) int {
	switch {
	case s[0] == '\n':
		return 1
	case s[0] == '\r':
		if len(s) > 1 && s[1] == '\n' {
			return 2
		}
		return 1
	case bytes.HasPrefix(s, []byte("\u0085")):
		return 2
	case bytes.HasPrefix(s, []byte("\u2028")), bytes.HasPrefix(s, []byte("\u2029")):
		return 3
	default:
		return 0
	}
}

// tabShown stands for a tab, so that what is under it lines up on every
// terminal.
const tabShown = "    "

// cut stands for what an excerpt leaves out.
const cut = "…"

// cell is a character as it is shown.
type cell struct {
	text    string
	columns int
}

// excerpt is a line as it is shown in at most columns columns, with the
// character col (from 1) in it, and the number of columns before that character.
// A col of 0 is the whole line, and shows its beginning.
func excerpt(line string, col, columns int) (shown string, before int) {
	cells := cellsOf(line)
	at := min(max(col-1, 0), len(cells))
	// What has no column of its own is under the character it belongs to.
	for at > 0 && at < len(cells) && cells[at].columns == 0 {
		at--
	}

	total := 0
	for _, c := range cells {
		total += c.columns
	}
	first, last := 0, len(cells)
	if total > columns {
		first, last = window(cells, at, columns-2*len([]rune(cut)))
	}

	var b strings.Builder
	if first > 0 {
		b.WriteString(cut)
		before++
	}
	for i := first; i < last; i++ {
		b.WriteString(cells[i].text)
		if i < at {
			before += cells[i].columns
		}
	}
	if last < len(cells) {
		b.WriteString(cut)
	}
	return strings.TrimRight(b.String(), " "), before
}

// window is the part of cells that is shown around at: two thirds of columns
// before it where there is that much, the rest after it.
func window(cells []cell, at, columns int) (first, last int) {
	first, last = at, at
	used := 0
	for first > 0 && used+cells[first-1].columns <= columns*2/3 {
		first--
		used += cells[first].columns
	}
	for last < len(cells) && used+cells[last].columns <= columns {
		used += cells[last].columns
		last++
	}
	for first > 0 && used+cells[first-1].columns <= columns {
		first--
		used += cells[first].columns
	}
	// A mark must not be parted from its character.
	for first > 0 && first < at && cells[first].columns == 0 {
		first++
	}
	return first, last
}

// cellsOf shows a line character by character: one cell for each, so that
// columns of positions are indexes of cells.
func cellsOf(line string) []cell {
	cells := make([]cell, 0, len(line))
	var last rune
	for _, r := range line {
		c := cell{text: string(r), columns: columnsOf(r)}
		switch {
		case r == '\t':
			c = cell{tabShown, len(tabShown)}
		case isUnprintable(r):
			c = cell{string(utf8.RuneError), 1}
		case last == zeroWidthJoiner && c.columns > 0, isSkinTone(r) && columnsOf(last) == 2:
			c.columns = 0 // drawn as one with what is before it
		}
		cells = append(cells, c)
		last = r
	}
	return cells
}

const zeroWidthJoiner = '\u200d'

// columnsOf is the number of columns that terminals give a character.
func columnsOf(r rune) int {
	switch {
	case r < 0x300: // nothing before it is wide or combining
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), 0x1160 <= r && r <= 0x11FF:
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

func isSkinTone(r rune) bool { return 0x1F3FB <= r && r <= 0x1F3FF }

// isUnprintable tells what must not reach a terminal as it is: control
// characters, and those that turn the direction of writing and so can make a
// line look like another one.
func isUnprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) ||
		r == '\u2028' || r == '\u2029'
}

// printable is text that does no harm on a terminal, in one line.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if isUnprintable(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}

// printableLines is printable for a text that may have several lines.
func printableLines(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && isUnprintable(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}
