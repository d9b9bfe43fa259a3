package flows

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	// Audio are the recordings beside flows, by the flow's name, a slash and theirs in
	// it: as a program names them.
	Audio map[string]*Audio

	saved map[string][]byte
}

// Routable are the names of the flows that calls begin on, sorted: those that are
// no sub-flows.
func (b *Bundle) Routable() []string {
	return slices.DeleteFunc(b.Names(), func(name string) bool { return b.Flows[name].Spec().Subflow != nil })
}

// Saved is what CompileSaved makes the flow's program of again: its source, with
// those of the flows that it enters.
func (b *Bundle) Saved(flow string) []byte { return b.saved[flow] }

// Names are the names of the flows, sorted.
func (b *Bundle) Names() []string {
	names := make([]string, 0, len(b.Flows))
	for name := range b.Flows {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Load reads the files that match patterns (as fs.Glob does), and those of flows
// that they enter, and compiles them. A bundle with any error is no bundle at all:
// it is nil then, and what runs goes on running. The programs of a bundle are warm.
func Load(fsys fs.FS, patterns []string, opts Options) (*Bundle, Diagnostics) {
	b := &Bundle{Flows: map[string]*engine.Program{}, Sources: map[string][]byte{}, Files: map[string]string{}, Audio: map[string]*Audio{}, saved: map[string][]byte{}}
	files, diags := matching(fsys, patterns)
	if opts.Find == nil {
		opts.Find = Beside(fsys)
	}
	l := newLibrary(opts)
	names := map[string]Scalar{}
	var members []*member
	for _, file := range files {
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			diags = append(diags, Report(CodeUnreadableFile, file, Pos{}, "the file cannot be read: %s", cause(err)))
			continue
		}
		b.Sources[file] = src
		doc, found := Parse(file, src)
		if doc == nil {
			diags = append(diags, found...)
			l.files[file] = &member{diags: found}
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
		members = append(members, l.add(doc))
	}
	for _, m := range members {
		l.link(m)
	}
	for _, m := range l.looked() {
		if m.doc == nil {
			continue // which is reported with the flow that enters it
		}
		b.Sources[m.doc.File], b.Files[m.doc.Flow.Value] = m.doc.Source, m.doc.File
		members = append(members, m)
	}
	for _, m := range members {
		program, found := l.program(m)
		diags = append(diags, found...)
		audio, found := ReadAudio(fsys, m.doc)
		diags = append(diags, found...)
		maps.Copy(b.Audio, audio)
		if program != nil {
			b.Flows[m.doc.Flow.Value], b.saved[m.doc.Flow.Value] = program, m.saved()
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

// matching are the files that patterns name, sorted.
func matching(fsys fs.FS, patterns []string) ([]string, Diagnostics) {
	var files []string
	var diags Diagnostics
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
	return slices.Compact(files), diags
}

// cause is an error without the path that fs puts before it.
func cause(err error) error {
	if e, ok := err.(*fs.PathError); ok { //nolint:errorlint // fs wraps once
		return e.Err
	}
	return fmt.Errorf("%w", err)
}

// isMissing tells that a file is not there, or lies where none can be.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid)
}
