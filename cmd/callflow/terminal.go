package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"callflow/flows"
)

// The width of what is printed, in columns: where nobody knows that of the
// terminal, and the least that is of use.
const (
	usualWidth = 80
	leastWidth = 40
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// widthOf is how wide a writer is.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return usualWidth
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return usualWidth
	}
	return sensibleWidth(columns)
}

// sensibleWidth is what a terminal says of itself; some say nothing.
func sensibleWidth(columns int) int {
	if columns <= 0 {
		return usualWidth
	}
	return max(columns, leastWidth)
}

// excerptMargin stands before a source line, with its number.
const excerptMargin = len("   10 | ")

// rendering is how a writer shows diagnostics: within a terminal's width, and
// elsewhere within a width that does not depend on where one looks.
func (c *Command) rendering(w io.Writer) flows.RenderOptions {
	o := flows.RenderOptions{Color: c.colorful(w)}
	if isTerminal(w) {
		o.Width = widthOf(w) - excerptMargin
	}
	return o
}
