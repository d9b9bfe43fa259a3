package flows

import (
	"bytes"
	"fmt"
	"io/fs"
	"strconv"

	"callflow/engine"
)

// savedMark begins what is saved of a flow that enters others. No flow begins so.
const savedMark = "%callflow-sources\n"

// sources are the files that a flow is made of: its own, then those of the flows
// it enters.
func (m *member) sources() []Source {
	var all []Source
	for _, part := range m.all() {
		if part.doc != nil {
			all = append(all, Source{part.doc.File, part.doc.Source})
		}
	}
	return all
}

// saved is everything that a flow is made of in one piece: its source, or, where
// it enters others, a mark and then each source with its size before it.
func (m *member) saved() []byte {
	sources := m.sources()
	if len(sources) == 1 {
		return sources[0].Text
	}
	var b bytes.Buffer
	b.WriteString(savedMark)
	for _, s := range sources {
		fmt.Fprintf(&b, "%d\n%s", len(s.Text), s.Text)
	}
	return b.Bytes()
}

// CompileSaved compiles what Bundle.Saved gave for a flow. The file is what
// diagnostics call it.
func CompileSaved(file string, saved []byte, opts Options) (*engine.Program, Diagnostics) {
	rest, several := bytes.CutPrefix(saved, []byte(savedMark))
	if !several {
		return CompileSource(file, saved, opts)
	}
	var parts []*Document
	var diags Diagnostics
	for len(rest) > 0 {
		head, after, ok := bytes.Cut(rest, []byte("\n"))
		size, err := strconv.Atoi(string(head))
		if !ok || err != nil || size < 0 || size > len(after) {
			return nil, Diagnostics{Report(CodeUnreadableFile, file, Pos{}, "the saved sources of the flow are broken")}
		}
		// Files are told apart by their place: names may be what they like.
		doc, found := Parse(fmt.Sprintf("%s/%d", file, len(parts)), after[:size])
		diags = append(diags, found...)
		if doc != nil {
			parts = append(parts, doc)
		}
		rest = after[size:]
	}
	if len(parts) == 0 || diags.HasErrors() {
		return nil, diags
	}
	opts.Find = func(string, string) (Source, error) { return Source{}, fs.ErrNotExist }
	l := newLibrary(opts)
	main := l.add(parts[0])
	for _, doc := range parts[1:] {
		l.add(doc)
	}
	return l.program(main)
}
