package flows

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// RenderOptions say how diagnostics are shown to people.
type RenderOptions struct {
	// Color uses ANSI colours. Whether the reader has them is the caller's to
	// know.
	Color bool
	// Width is the number of columns that a source line may take; longer ones are
	// shown in part, around the mistake. Zero: 100.
	Width int
	// OneLine leaves out source lines, hints and related places.
	OneLine bool
}

// The width of a source line where nobody says otherwise, and the narrowest
// that still shows something.
const (
	defaultWidth = 100
	minWidth     = 24
)

// Render writes diagnostics for people to read:
//
//	bank.yaml:10:11: error: state "verfy" is not defined [dangling-next]
//	   10 |     next: verfy
//	      |           ^
//	      = hint: did you mean "verify"?
//
// Sources are the texts of the files by name; a file that is not among them is
// shown without its lines. Control characters in sources and messages are shown
// as replacement characters, so that a file cannot steer the terminal.
func (ds Diagnostics) Render(w io.Writer, sources map[string][]byte, opts RenderOptions) error {
	p := printer{
		w:     bufio.NewWriter(w),
		files: make(map[string]lines, len(sources)),
		opts:  opts,
	}
	if p.opts.Width == 0 {
		p.opts.Width = defaultWidth
	}
	p.opts.Width = max(p.opts.Width, minWidth)
	for i, d := range ds {
		if i > 0 && !opts.OneLine {
			p.print("\n")
		}
		p.diagnostic(d, sources)
	}
	return p.w.Flush()
}

// style is an ANSI attribute.
type style string

const (
	bold   style = "1"
	red    style = "1;31"
	yellow style = "1;33"
	blue   style = "34"
	green  style = "1;32"
)

type printer struct {
	w     *bufio.Writer
	files map[string]lines // found so far, by file
	opts  RenderOptions
}

func (p *printer) diagnostic(d Diagnostic, sources map[string][]byte) {
	severity := red
	if d.Severity == Warning {
		severity = yellow
	}
	p.paint(bold, printable(place(d.File, d.Pos))+":")
	p.print(" ")
	p.paint(severity, d.Severity.String()+":")
	p.print(" " + printable(d.Message) + " ")
	p.paint(blue, "["+string(d.Code)+"]")
	p.print("\n")
	if p.opts.OneLine {
		return
	}

	p.source(d.File, d.Pos, sources)
	if d.Keys != "" {
		p.note("keys", d.Keys)
	}
	if d.Hint != "" {
		p.note("hint", d.Hint)
	}
	for _, r := range d.Related {
		file := r.File
		if file == "" {
			file = d.File
		}
		p.note("see", place(file, r.Pos)+": "+r.Message)
		p.source(file, r.Pos, sources)
	}
}

// source shows the line of pos with a caret under its character.
func (p *printer) source(file string, pos Pos, sources map[string][]byte) {
	line, ok := p.line(file, pos.Line, sources)
	if !ok {
		return
	}
	text, before := excerpt(line, pos.Col, p.opts.Width)
	p.paint(blue, fmt.Sprintf("%5d |", pos.Line))
	if text != "" {
		p.print(" " + text)
	}
	p.print("\n")
	if pos.Col > 0 {
		p.paint(blue, "      |")
		p.print(" " + strings.Repeat(" ", before))
		p.paint(green, "^")
		p.print("\n")
	}
}

func (p *printer) line(file string, n int, sources map[string][]byte) (string, bool) {
	src, ok := sources[file]
	if !ok || n < 1 {
		return "", false
	}
	found, ok := p.files[file]
	if !ok {
		found = splitLines(src)
		p.files[file] = found
	}
	return found.line(src, n)
}

func (p *printer) note(label, text string) {
	p.paint(blue, "      =")
	p.print(" ")
	p.paint(bold, label+":")
	// A text of several lines keeps its shape under its label.
	indent := "\n" + strings.Repeat(" ", len("      = ")+len(label)+len(": "))
	p.print(" " + strings.ReplaceAll(printableLines(text), "\n", indent) + "\n")
}

func (p *printer) paint(s style, text string) {
	if p.opts.Color {
		text = "\x1b[" + string(s) + "m" + text + "\x1b[0m"
	}
	p.print(text)
}

// print keeps the first error inside the writer; Flush returns it.
func (p *printer) print(text string) { _, _ = p.w.WriteString(text) }
