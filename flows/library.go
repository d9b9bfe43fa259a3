package flows

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxEntered bounds how deep flows enter one another.
const maxEntered = 8

// Source is a file that a flow stands in.
type Source struct {
	File string
	Text []byte
}

// Finder finds the flow of a name that the flow in file from enters. The error
// wraps fs.ErrNotExist where there is none.
type Finder func(from, name string) (Source, error)

// Beside finds flows in fsys beside the one that enters them: NAME.yaml, then
// NAME/flow.yaml, then ../NAME/flow.yaml.
func Beside(fsys fs.FS) Finder {
	return func(from, name string) (Source, error) {
		dir := path.Dir(strings.ReplaceAll(from, `\`, "/"))
		for _, file := range besideNames(name) {
			file = path.Join(dir, file)
			text, err := fs.ReadFile(fsys, file)
			if err == nil {
				return Source{file, text}, nil
			}
			if bad := cause(err); !isMissing(bad) {
				return Source{File: file}, bad
			}
		}
		return Source{}, fs.ErrNotExist
	}
}

func besideNames(name string) []string {
	return []string{name + ".yaml", name + "/flow.yaml", "../" + name + "/flow.yaml"}
}

// library are the flows of one compilation, each read and compiled once.
type library struct {
	opts   Options
	files  map[string]*member
	byName map[string]*member
}

// member is a flow of a library.
type member struct {
	doc   *Document // nil: it cannot be read
	diags Diagnostics
	// found tells one that was looked up from one that was asked for.
	found bool
	// entered are the flows it enters, by name; nil: there is none.
	entered map[string]*member
	height  int
	linked  bool
	alone   *compiler
	// inner are compilations for callers of other languages.
	inner map[string]*compiler
}

func newLibrary(opts Options) *library {
	return &library{opts: opts, files: map[string]*member{}, byName: map[string]*member{}}
}

// add takes a flow in. One whose name is taken is not found by it.
func (l *library) add(doc *Document) *member {
	m := &member{doc: doc}
	l.files[doc.File] = m
	if name := doc.Flow.Value; l.byName[name] == nil {
		l.byName[name] = m
	}
	return m
}

// find is the flow that another one enters, or nil and why.
func (l *library) find(from *member, name string) (*member, error) {
	if m := l.byName[name]; m != nil {
		if m.found && l.opts.Find != nil {
			if src, err := l.opts.Find(from.doc.File, name); err == nil && src.File != m.doc.File {
				return m, fmt.Errorf("it stands in %s and in %s", m.doc.File, src.File)
			}
		}
		return m, nil
	}
	if l.opts.Find == nil {
		return nil, fs.ErrNotExist
	}
	src, err := l.opts.Find(from.doc.File, name)
	if err != nil {
		return nil, err
	}
	m := l.files[src.File]
	if m == nil {
		m = &member{found: true}
		m.doc, m.diags = Parse(src.File, bytes.Clone(src.Text))
		l.files[src.File] = m
	}
	if m.doc != nil && m.doc.Flow.Value == name {
		l.byName[name] = m
	}
	return m, nil
}

// link finds everything that a flow enters, and how deep that goes.
func (l *library) link(m *member) {
	if m.linked || m.doc == nil {
		return
	}
	m.linked = true
	m.entered = map[string]*member{}
	m.diags = nil
	for _, d := range m.doc.sites() {
		name := d.Flow.Value
		if _, done := m.entered[name]; done {
			continue
		}
		sub, err := l.find(m, name)
		m.entered[name] = sub
		if sub == nil {
			m.diags = append(m.diags, missing(m.doc, d, err))
			continue
		}
		if err != nil {
			m.diags = append(m.diags, Report(CodeNameTaken, m.doc.File, d.Flow.Pos, "two flows are called %q: %s", name, err))
		}
		l.link(sub)
	}
}

// missing reports a flow that is not there, or cannot be read.
func missing(doc *Document, d *SubflowDecl, err error) Diagnostic {
	if !isMissing(err) {
		return Report(CodeUnreadableFile, doc.File, d.Flow.Pos, "the flow %q cannot be read: %s", d.Flow.Value, err)
	}
	diag := Report(CodeUnknownSubflow, doc.File, d.Flow.Pos, "there is no flow %q to enter", d.Flow.Value)
	diag.Hint = "write it into " + strings.Join(besideNames(d.Flow.Value)[:2], " or ") + " beside this file"
	return diag
}

// sites are the entrances of other flows, in the order written.
func (d *Document) sites() []*SubflowDecl {
	var all []*SubflowDecl
	for _, st := range d.States {
		if s, ok := st.Kind.(*SubflowDecl); ok && isName(s.Flow.Value) {
			all = append(all, s)
		}
	}
	return all
}

// way is the shortest way of entrances from one flow to another, both included;
// nil: there is none.
func way(from, to *member) []*member {
	came := map[*member]*member{from: nil}
	for queue := []*member{from}; len(queue) > 0; queue = queue[1:] {
		m := queue[0]
		if m == to {
			var path []*member
			for ; m != nil; m = came[m] {
				path = append(path, m)
			}
			slices.Reverse(path)
			return path
		}
		for _, next := range m.entrances() {
			if _, met := came[next]; !met {
				came[next] = m
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// entrances are the flows that a flow enters, sorted by name.
func (m *member) entrances() []*member {
	var all []*member
	for _, sub := range m.entered {
		if sub != nil && sub.doc != nil && !slices.Contains(all, sub) {
			all = append(all, sub)
		}
	}
	slices.SortFunc(all, func(a, b *member) int { return cmp.Compare(a.doc.Flow.Value, b.doc.Flow.Value) })
	return all
}

// all are a flow and everything it enters, the flow first, then by name.
func (m *member) all() []*member {
	met := map[*member]bool{m: true}
	list := []*member{m}
	for i := 0; i < len(list); i++ {
		for _, sub := range list[i].entered {
			if sub != nil && !met[sub] {
				met[sub] = true
				list = append(list, sub)
			}
		}
	}
	slices.SortFunc(list[1:], func(a, b *member) int { return cmp.Compare(a.rank(), b.rank()) })
	return list
}

// rank orders flows: by name, so that it does not matter where they stand.
func (m *member) rank() string {
	if m.doc == nil {
		return ""
	}
	return m.doc.Flow.Value
}

// looked are the flows that were looked up, sorted by file.
func (l *library) looked() []*member {
	var all []*member
	for _, file := range slices.Sorted(maps.Keys(l.files)) {
		if m := l.files[file]; m.found {
			all = append(all, m)
		}
	}
	return all
}

// deep is how many flows stand within one another from a flow down, itself
// included. A way round counts once.
func (m *member) deep() int {
	if m.height == 0 {
		m.height = 1 // while it is worked out
		most := 0
		for _, sub := range m.entrances() {
			if way(sub, m) == nil {
				most = max(most, sub.deep())
			}
		}
		m.height = most + 1
	}
	return m.height
}

// compile compiles a flow by itself.
func (l *library) compile(m *member) *compiler {
	if m.alone == nil {
		l.link(m)
		c := newCompiler(m.doc, l.opts)
		c.lib, c.member = l, m
		m.alone = c
		c.run()
		inside(m.doc.Source, c.diags)
	}
	return m.alone
}

// within compiles a flow for one that speaks other languages: langs are the
// flow's own that serve them.
func (l *library) within(m *member, langs []string) *compiler {
	alone := l.compile(m)
	if slices.Equal(alone.langs, langs) {
		return alone
	}
	key := strings.Join(langs, " ")
	if c := m.inner[key]; c != nil {
		return c
	}
	c := newCompiler(m.doc, l.opts)
	c.lib, c.member, c.serving = l, m, langs
	if m.inner == nil {
		m.inner = map[string]*compiler{}
	}
	m.inner[key] = c
	c.run()
	return c
}

// diagnose is all that is wrong with a flow and with those it enters, besides the
// shape of the flow itself.
func (l *library) diagnose(m *member) Diagnostics {
	diags := slices.Clone(l.compile(m).diags)
	for _, sub := range m.all()[1:] {
		if sub.doc == nil {
			diags = append(diags, sub.diags...)
			continue
		}
		diags = append(diags, sub.doc.shape...)
		diags = append(diags, l.compile(sub).diags...)
	}
	return diags
}
