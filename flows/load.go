package flows

import (
	"fmt"
	"io/fs"
	"slices"

	"callflow/engine"
)

// Bundle is all flows of an installation, loaded together.
type Bundle struct {
	// Flows are the programs by the name of their flow.
	Flows map[string]*engine.Program
	// Sources are what they were compiled from, by file, and Files the file of
	// each flow.
	Sources map[string][]byte
	Files   map[string]string
}

// Names are the names of the flows, sorted.
func (b *Bundle) Names() []string {
	names := make([]string, 0, len(b.Flows))
	for name := range b.Flows {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Load reads the files that match patterns (as fs.Glob does) and compiles them.
// A bundle with any error is no bundle at all: it is nil then, and what runs
// goes on running. The programs of a bundle are warm.
func Load(fsys fs.FS, patterns []string, opts Options) (*Bundle, Diagnostics) {
	b := &Bundle{Flows: map[string]*engine.Program{}, Sources: map[string][]byte{}, Files: map[string]string{}}
	var diags Diagnostics
	var files []string
	for _, pattern := range patterns {
		found, err := fs.Glob(fsys, pattern)
		if err != nil {
			diags = append(diags, Report(CodeUnreadableFile, pattern, Pos{}, "%q is no pattern of file names: %s", pattern, err))
			continue
		}
		if len(found) == 0 {
			diags = append(diags, Report(CodeUnreadableFile, pattern, Pos{}, "no file matches %q", pattern))
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	names := map[string]Scalar{}
	for _, file := range slices.Compact(files) {
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			diags = append(diags, Report(CodeUnreadableFile, file, Pos{}, "the file cannot be read: %s", cause(err)))
			continue
		}
		b.Sources[file] = src
		doc, found := Parse(file, src)
		if doc == nil {
			diags = append(diags, found...)
			continue
		}
		if first, ok := names[doc.Flow.Value]; ok && doc.Flow.IsSet() {
			d := Report(CodeNameTaken, file, doc.Flow.Pos, "the flow %q is in another file already", doc.Flow.Value)
			d.Related = append(d.Related, Related{File: b.Files[doc.Flow.Value], Pos: first.Pos, Message: "the first one is here"})
			diags = append(diags, d)
		} else {
			names[doc.Flow.Value] = doc.Flow
			b.Files[doc.Flow.Value] = file
		}
		program, found := Compile(doc, opts)
		diags = append(diags, found...)
		if program != nil {
			b.Flows[doc.Flow.Value] = program
		}
	}
	diags.Sort()
	if diags.HasErrors() {
		return nil, diags
	}
	for _, program := range b.Flows {
		program.Warm()
	}
	return b, diags
}

// cause is an error without the path that fs puts before it.
func cause(err error) error {
	if e, ok := err.(*fs.PathError); ok { //nolint:errorlint // fs wraps once
		return e.Err
	}
	return fmt.Errorf("%w", err)
}
