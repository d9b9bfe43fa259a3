package directory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
)

// Bounds of a file of users.
const (
	maxFile = 16 << 20 // bytes
	maxText = 200      // characters of a name or a greeting
	maxName = 64       // characters of an account or an id
)

// parse reads the users of src, or reports all that is wrong with them.
func parse(file string, src []byte) ([]User, error) {
	p := &parser{file: file, accounts: map[string]int{}, ids: map[string]int{}}
	if root := p.yaml(src); root != nil {
		p.list(root)
	}
	if err := p.problems.err(); err != nil {
		return nil, err
	}
	return p.users, nil
}

// parser walks YAML nodes by hand: nothing else keeps text as it was written,
// every place, and every problem.
type parser struct {
	file     string
	users    []User
	problems Problems
	// accounts and ids say in which line a name was first given.
	accounts, ids map[string]int
}

func (p *parser) report(line, col int, hint, format string, args ...any) {
	p.problems = append(p.problems, Problem{p.file, line, col, fmt.Sprintf(format, args...), hint})
}

// at reports a problem of a node.
func (p *parser) at(n *yaml.Node, hint, format string, args ...any) {
	p.report(n.Line, n.Column, hint, format, args...)
}

// yamlLine is how yaml.v3 writes the place of a syntax error.
var yamlLine = lazy.Regexp(`^(?:yaml: )?(?:line (\d+): )?`)

const emptyHint = `an empty list is written []`

// yaml reads the only document of src and returns its content.
func (p *parser) yaml(src []byte) *yaml.Node {
	if len(src) > maxFile {
		p.report(0, 0, "", "the file is larger than %d MiB", maxFile>>20)
		return nil
	}
	if !utf8.Valid(src) {
		p.report(0, 0, "save it as UTF-8", "the file is not UTF-8 text")
		return nil
	}
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(src))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		p.report(0, 0, emptyHint, "the file is empty; expected a list of users")
		return nil
	case err != nil:
		p.syntax(src, err)
		return nil
	}
	switch err := d.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		p.syntax(src, err)
		return nil
	default:
		p.at(&second, `remove the line "---"`, "a second document begins here; one file holds one list of users")
	}
	if len(doc.Content) == 0 {
		p.report(0, 0, emptyHint, "the file is empty; expected a list of users")
		return nil
	}
	return doc.Content[0]
}

// syntax reports an error of the YAML reader, which knows the line at best.
func (p *parser) syntax(src []byte, err error) {
	text := err.Error()
	m := yamlLine().FindStringSubmatch(text)
	line, _ := strconv.Atoi(m[1])
	line = min(line, bytes.Count(src, []byte("\n"))+1)
	p.report(line, 0, "", "this is not YAML: %s", text[len(m[0]):])
}

// list reads the users.
func (p *parser) list(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		hint := `begin each user with "- account: …"`
		if isNull(n) {
			hint = emptyHint
		}
		p.at(n, hint, "found %s; expected a list of users", found(n))
		return
	}
	for _, item := range n.Content {
		if item.Kind != yaml.MappingNode {
			p.at(item, `begin each user with "- account: …"`, "found %s; expected a user", found(item))
			continue
		}
		p.user(item)
	}
}

// field is a key of a user, and what reads its value.
type field struct {
	name string
	read func(*parser, *User, *yaml.Node)
}

// fields are the keys of a user.
var fields = []field{
	{"account", (*parser).account},
	{"pin", (*parser).pin},
	{"id", (*parser).id},
	{"name", func(p *parser, u *User, n *yaml.Node) { u.Name = p.text(n, "name", maxText) }},
	{"greeting", func(p *parser, u *User, n *yaml.Node) { u.Greeting = p.text(n, "greeting", maxText) }},
	{"phones", (*parser).phones},
	{"locked", func(p *parser, u *User, n *yaml.Node) { u.Locked = p.boolean(n, "locked") }},
	{"factor", func(p *parser, u *User, n *yaml.Node) { u.Factor = p.boolean(n, "factor") }},
}

func fieldNames() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// user reads one user.
func (p *parser) user(n *yaml.Node) {
	var u User
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			p.at(key, "", "found %s; expected one of the keys %s", found(key), strings.Join(fieldNames(), ", "))
			continue
		}
		if line, twice := seen[key.Value]; twice {
			p.at(key, "", "%s is given twice; the first stands in line %d", show(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		p.field(&u, key, value)
	}
	for _, required := range []string{"account", "pin"} {
		if _, ok := seen[required]; !ok {
			p.at(n, "", "this user has no %s", required)
		}
	}
	if _, told := seen["phones"]; u.Factor && len(u.Phones) == 0 && !told {
		p.at(n, "give this user phones", "factor: there is no telephone to send a code to")
	}
	if u.ID == "" && u.Account != "" {
		u.ID = "directory|" + u.Account
	}
	p.unique(n, "id", u.ID, p.ids)
	if u.Greeting == "" {
		u.Greeting = u.Name
	}
	p.users = append(p.users, u)
}

func (p *parser) field(u *User, key, value *yaml.Node) {
	for _, f := range fields {
		if f.name == key.Value {
			f.read(p, u, value)
			return
		}
	}
	if cutOff().MatchString(key.Value) && isNull(value) {
		return // reported with the hash
	}
	hint := "the keys are " + strings.Join(fieldNames(), ", ")
	if near := nearest(key.Value, fieldNames()); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	p.at(key, hint, "a user has no key %s", show(key.Value))
}

func (p *parser) account(u *User, n *yaml.Node) {
	u.Account = p.unique(n, "account", p.name(n, "account"), p.accounts)
}

func (p *parser) id(u *User, n *yaml.Node) {
	u.ID = p.name(n, "id")
}

// cutShort is what is left of a hash written without quotes inside {…}; the
// rest of it becomes keys.
var (
	cutShort = lazy.Regexp(`^\$argon2id\$v=[0-9]+\$m=[0-9]+$`)
	cutOff   = lazy.Regexp(`^(t=[0-9]+|p=[0-9]+\$.*)$`)
)

func (p *parser) pin(u *User, n *yaml.Node) {
	const hint = `write what "callflow users hash" prints`
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		p.at(n, hint, "pin: found %s; expected a hash", found(n))
		return
	}
	h, err := parsePHC(n.Value)
	if err != nil && n.Style == 0 && cutShort().MatchString(n.Value) {
		p.at(n, "put it in quotes", "pin: this hash ends at its first comma, as text inside {…} does")
		return
	}
	if err != nil {
		p.at(n, hint, "pin: %s", err)
		return
	}
	u.pin = h
}

// e164 is a telephone number in full.
var e164 = lazy.Regexp(`^\+[1-9][0-9]{1,14}$`)

func (p *parser) phones(u *User, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		p.at(n, "write [+61255500123]", "phones: found %s; expected a list", found(n))
		return
	}
	seen := map[string]bool{}
	for _, item := range n.Content {
		switch {
		case item.Kind != yaml.ScalarNode:
			p.at(item, "", "found %s; expected a telephone number", found(item))
		case !e164().MatchString(item.Value):
			p.at(item, `write it in full, as in "+61255500123"`, "%s is not a telephone number with + and country code", show(item.Value))
		case seen[item.Value]:
			p.at(item, "", "%s is given twice for this user", item.Value)
		default:
			seen[item.Value] = true
			u.Phones = append(u.Phones, item.Value)
		}
	}
}

func (p *parser) boolean(n *yaml.Node, key string) bool {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Value != "true" && n.Value != "false" {
		what := found(n)
		if n.Kind == yaml.ScalarNode && n.Value != "" {
			what = show(n.Value)
		}
		p.at(n, "", "%s: found %s; expected true or false, without quotes", key, what)
		return false
	}
	return n.Value == "true"
}

// name reads a word: an account or an id.
func (p *parser) name(n *yaml.Node, what string) string {
	s := p.text(n, what, maxName)
	if strings.ContainsFunc(s, unicode.IsSpace) {
		p.at(n, "", "%s %s holds a space", what, show(s))
		return ""
	}
	return s
}

// text reads text as it was written, whatever YAML takes it for: 007 stays 007.
func (p *parser) text(n *yaml.Node, what string, most int) string {
	switch {
	case n.Kind != yaml.ScalarNode:
		p.at(n, "", "%s: found %s; expected text", what, found(n))
	case isNull(n), strings.TrimSpace(n.Value) == "":
		p.at(n, "text with a # needs quotes, or it is a comment", "%s is empty", what)
	case utf8.RuneCountInString(n.Value) > most:
		p.at(n, "", "%s has %d characters; %d are the most", what, utf8.RuneCountInString(n.Value), most)
	case strings.ContainsFunc(n.Value, unicode.IsControl):
		p.at(n, "write it in one line", "%s holds a line break or another control character", what)
	default:
		return n.Value
	}
	return ""
}

// unique returns name, or "" and a problem when another user has it.
func (p *parser) unique(n *yaml.Node, what, name string, seen map[string]int) string {
	if name == "" {
		return ""
	}
	if line, twice := seen[name]; twice {
		p.at(n, "", "%s %s is given twice; the first stands in line %d", what, show(name), line)
		return ""
	}
	seen[name] = n.Line
	return name
}

// isNull tells whether nothing was written where a value belongs.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// found says what a node is. It shows no value: it may be a PIN.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a map"
	case yaml.AliasNode:
		return "a reference (*…), which is not understood here"
	}
	if isNull(n) || n.Value == "" {
		return "nothing"
	}
	return "text"
}

// show quotes what was written, shortened.
func show(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
