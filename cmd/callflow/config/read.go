package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
	"callflow/flows"
	"callflow/providers"
)

// maxSource bounds the file, in bytes.
const maxSource = 1 << 20

// reader walks the file by the tree of settings, and keeps what it finds and what
// is wrong.
type reader struct {
	file     string
	src      []byte
	dir      string // of the file's paths
	env      environment
	diags    flows.Diagnostics
	values   []Value
	sections map[string]flows.Pos // keys that are there, with or without values
	mappings map[string]bool      // those of them that are sections
	used     map[string]bool      // variables that ${env:…} named
	unread   map[string]bool      // settings, by path, that have a value with something wrong
	shown    map[*yaml.Node]bool  // values that may be shown
	root     yaml.Node
}

func (r *reader) report(code flows.Code, pos flows.Pos, format string, args ...any) *flows.Diagnostic {
	r.diags = append(r.diags, flows.Report(code, r.file, pos, format, args...))
	return &r.diags[len(r.diags)-1]
}

// read reads the whole file.
func (r *reader) read(tree *section) {
	if len(r.src) > maxSource {
		r.report(flows.CodeTooLarge, flows.Pos{}, "the file has %d bytes; at most %d are read", len(r.src), maxSource)
		return
	}
	if d, bad := flows.NotText(r.file, r.src); bad {
		r.diags = append(r.diags, d)
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(r.src))
	if err := dec.Decode(&r.root); err != nil {
		if !errors.Is(err, io.EOF) {
			r.syntaxError(err)
		}
		return // an empty file says nothing, and nothing wrong
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case err == nil:
		r.report(flows.CodeSecondDocument, at(&second), "a second document begins here; a file holds one configuration")
	case !errors.Is(err, io.EOF):
		r.syntaxError(err)
		return
	}
	top := r.root.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return
	}
	r.section(tree, top, nil)
}

// section reads a mapping.
func (r *reader) section(s *section, n *yaml.Node, path []string) {
	if !r.plain(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.report(flows.CodeWrongType, at(n), "%s takes keys with values; found %s", s.title(), describe(n))
		return
	}
	r.mappings[key(path)] = true
	first := make(map[string]flows.Pos, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !r.plain(k) {
			continue
		}
		if k.Kind != yaml.ScalarNode {
			r.report(flows.CodeWrongType, at(k), "expected a key, found %s", describe(k))
			continue
		}
		if pos, ok := first[k.Value]; ok {
			r.report(flows.CodeDuplicateKey, at(k), "%q stands twice in %s", k.Value, s.title()).
				Related = []flows.Related{{Pos: pos, Message: "the first one is here"}}
			continue
		}
		first[k.Value] = at(k)
		next := s.sub[k.Value]
		if next == nil {
			next = s.any
		}
		switch {
		case next == nil:
			r.unknownKey(s, k)
		case next == s.any && !r.freeName(s, k):
		default:
			r.entry(next, k, v, append(slices.Clone(path), k.Value))
		}
	}
}

// entry reads what stands behind a key: a value, or a section.
func (r *reader) entry(s *section, k, v *yaml.Node, path []string) {
	if !r.plain(v) {
		return
	}
	r.sections[key(path)] = at(k)
	if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		d := r.report(flows.CodeEmptyValue, at(k), "%q has no value", k.Value)
		if s.isSection() && s.self == nil {
			d.Hint = "write its settings below it, or take it out"
		}
		return
	}
	if s.isSection() && (s.self == nil || v.Kind == yaml.MappingNode) {
		r.section(s, v, path)
		return
	}
	if s.self.Name != strings.Join(s.words(), ".") { // a shorthand
		path = append(path, s.self.Name[strings.LastIndex(s.self.Name, ".")+1:])
	}
	r.value(s.self, k, v, path)
}

// value reads a value, or a list of them.
func (r *reader) value(setting *providers.Setting, k, v *yaml.Node, path []string) {
	r.sections[key(path)] = at(k)
	nodes := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode && isList(setting.Kind) {
		nodes = v.Content
		if len(nodes) == 0 {
			r.report(flows.CodeEmptyValue, at(v), "%q is an empty list", k.Value)
		}
	}
	value := Value{
		Name:    strings.Join(path, "."),
		Setting: *setting,
		Origin:  Origin{Kind: File, Name: r.file, Pos: at(v)},
		path:    path,
	}
	for _, n := range nodes {
		if !r.plain(n) {
			continue
		}
		if n.Kind != yaml.ScalarNode {
			want := "one value"
			if isList(setting.Kind) {
				want = "a value or a list of them"
			}
			r.report(flows.CodeWrongType, at(n), "%q takes %s; found %s", k.Value, want, describe(n))
			continue
		}
		r.shown[n] = !value.Hidden() && !strings.Contains(n.Value, "@") // an address may hold a password
		before := len(r.diags)
		text, ok := r.expand(n, value.Hidden())
		if !ok {
			r.unread[key(path)] = true
			for i := range r.diags[before:] {
				if d := &r.diags[before+i]; d.Code == CodeUnsetEnvironment {
					d.Hint = emptyHint(setting)
				}
			}
			continue
		}
		use, problem := check(*setting, text, r.dir)
		if problem != "" {
			r.unread[key(path)] = true
			d := r.report(problemCode(setting.Kind), at(n), "%q %s", k.Value, problem)
			if strings.TrimSpace(text) == "" {
				d.Hint = emptyHint(setting)
			}
			continue
		}
		value.Items = append(value.Items, Item{Text: use, Pos: at(n)})
	}
	if len(value.Items) > 0 {
		r.values = append(r.values, value)
	}
}

// emptyHint says how to come by what a setting wants and has not got.
func emptyHint(s *providers.Setting) string {
	if s.Name == sealKeyName {
		return newKeyHint
	}
	return ""
}

func (r *reader) unknownKey(s *section, k *yaml.Node) {
	d := r.report(flows.CodeUnknownKey, at(k), "%s has no key %q; expected one of %s", s.title(), clip(k.Value), list(s.keys))
	d.Hint = flows.Suggest(k.Value, s.keys)
}

// freeName checks a name that the installation chooses.
func (r *reader) freeName(s *section, k *yaml.Node) bool {
	for _, rule := range freeNames {
		if s.name == rule.of || rule.below && strings.HasPrefix(s.name, rule.of+".") {
			if !rule.good().MatchString(k.Value) {
				r.report(flows.CodeBadName, at(k), "%q is not %s", clip(k.Value), rule.what)
				return false
			}
			return true
		}
	}
	return true
}

// freeNames say what names may be like, by the section that holds them, or with
// below those under it.
var freeNames = [...]struct {
	of    string
	below bool
	good  func() *regexp.Regexp
	what  string
}{
	{
		"numbers", false, lazy.Regexp(`^[0-9A-Za-z+*#._ ()-]{1,64}$`),
		`a called number, such as "+61255500100", nor the name of a SIP user`,
	},
	{
		"services", false, lazy.Regexp(`^[a-z][a-z0-9_]{0,63}$`),
		"a service's name: a small letter, then small letters, digits and _",
	},
	{
		"services.*.headers", false, lazy.Regexp("^[0-9A-Za-z!#$%&'*+.^_`|~-]{1,64}$"),
		"the name of a header field, such as Authorization",
	},
	{
		"sms.spend.prices", false, lazy.Regexp(`^\+[1-9][0-9]{0,14}$`),
		`how numbers begin, such as "+44"`,
	},
	{
		"words", false, lazy.Regexp(`^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8})*$`),
		"a language, such as de or pt-BR",
	},
	{
		"voices", true, lazy.Regexp(`^[^\x00-\x20"$]([^\x00-\x1f"$]{0,62}[^\x00-\x20"$])?$`),
		"a voice's name, such as Karen",
	},
}

// plain refuses what YAML allows and this file does not: anchors, aliases, tags.
func (r *reader) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.report(flows.CodeAliasNotAllowed, at(n), "the alias *%s is not allowed here; write the value out", clip(n.Value))
	case n.Anchor != "":
		r.report(flows.CodeAliasNotAllowed, at(n), "the anchor &%s is not allowed here; write the value where it is needed", clip(n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		r.report(flows.CodeTagNotAllowed, at(n), "the tag %s is not allowed here", clip(n.Tag)).
			Hint = "leave it out, or put the value in quotes"
	default:
		return true
	}
	return false
}

// yamlLine finds the line in yaml.v3's message, which has no other place for it.
var yamlLine = lazy.Regexp(`^yaml: line (\d+): `)

func (r *reader) syntaxError(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	pos := flows.Pos{Line: 1}
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		pos.Line, _ = strconv.Atoi(m[1])
		text = err.Error()[len(m[0]):]
	}
	lines := bytes.Count(r.src, []byte("\n")) + 1
	pos.Line = min(max(pos.Line, 1), lines)
	r.values, r.diags = nil, nil // alone: what else is said would be guesses
	for i := max(pos.Line-1, 1); i <= min(pos.Line+1, lines); i++ {
		if m := bareReference().FindIndex(bytes.Split(r.src, []byte("\n"))[i-1]); m != nil {
			r.report(flows.CodeUnquotedExpressionInBraces, flows.Pos{Line: i},
				"inside braces, ${…} needs quotes around it").Hint = `write "${env:NAME}"`
			return
		}
	}
	if d, found := flows.TabError(r.file, r.src, pos.Line, text); found {
		r.diags = append(r.diags, d)
		return
	}
	r.report(flows.CodeSyntaxError, pos, "this is not YAML: %s", text)
}

// bareReference is ${ inside braces and not in quotes.
var bareReference = lazy.Regexp(`\{[^"'}]*[:,] *\$\{`)

// title is what messages call a section.
func (s *section) title() string {
	if s.name == "" {
		return "the configuration"
	}
	words := s.words()
	switch last := words[len(words)-1]; {
	case last != free:
		return fmt.Sprintf("%q", last)
	case words[0] == "voices":
		return "a voice"
	case words[0] == "services":
		return "a service"
	default:
		return "a number"
	}
}

func (s *section) words() []string { return strings.Split(s.name, ".") }

func isList(k providers.Kind) bool {
	return k == providers.Paths || k == providers.Secrets || k == providers.Words
}

// at is where a node stands.
func at(n *yaml.Node) flows.Pos { return flows.Pos{Line: max(n.Line, 1), Col: max(n.Column, 1)} }

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	default:
		return "a single value" // which may be a secret
	}
}

// clip shortens a name for a message.
func clip(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// list writes words as "a, b or c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
