package flowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"callflow/engine/lazy"
)

// WriteTests writes scenarios as the items of a list of tests, indented by so many
// spaces: what stands under "tests:" in a file.
func WriteTests(w io.Writer, tests []*Scenario, indent int) error {
	var b bytes.Buffer
	for i, t := range tests {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.Repeat(" ", indent) + "- ")
		layOut(&b, t.node(), indent+2, true)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write tests: %w", err)
	}
	return nil
}

// layOut writes a mapping or a list in lines of their own, or in braces where its
// style says so. inline tells that the first line has been begun.
func layOut(b *bytes.Buffer, n *yaml.Node, indent int, inline bool) {
	margin := strings.Repeat(" ", indent)
	begin := func() {
		if !inline {
			b.WriteString(margin)
		}
		inline = false
	}
	switch {
	case n.Kind == yaml.ScalarNode || n.Style == yaml.FlowStyle || len(n.Content) == 0:
		oneLine(b, n, false)
		b.WriteByte('\n')
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			begin()
			b.WriteString("- ")
			layOut(b, item, indent+2, true)
		}
	default:
		for i := 0; i+1 < len(n.Content); i += 2 {
			begin()
			oneLine(b, n.Content[i], false)
			b.WriteByte(':')
			v := n.Content[i+1]
			if v.Kind == yaml.ScalarNode || v.Style == yaml.FlowStyle || len(v.Content) == 0 {
				b.WriteByte(' ')
				layOut(b, v, indent+2, true)
				continue
			}
			b.WriteByte('\n')
			layOut(b, v, indent+2, false)
		}
	}
}

// oneLine writes a node in one line: { a: b, c: [d, e] }. within tells that it
// stands in braces or brackets.
func oneLine(b *bytes.Buffer, n *yaml.Node, within bool) {
	switch n.Kind {
	case yaml.MappingNode:
		if len(n.Content) == 0 {
			b.WriteString("{}")
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			b.WriteString([]string{"{ ", ", "}[min(i, 1)])
			oneLine(b, n.Content[i], true)
			b.WriteString(": ")
			oneLine(b, n.Content[i+1], true)
		}
		b.WriteString(" }")
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			oneLine(b, item, true)
		}
		b.WriteByte(']')
	default:
		b.WriteString(written(n, within))
	}
}

// unquoted are texts that need no quotes anywhere, if they are not read as something
// else than text.
var unquoted = lazy.Regexp(`^[A-Za-z0-9_/.$][A-Za-z0-9_/.$*#+ ',;?!()=<>-]*$`)

// written is a scalar as it is written, in quotes where it needs them.
func written(n *yaml.Node, within bool) string {
	implied := (&yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}).ShortTag()
	plain := unquoted().MatchString(n.Value) && !strings.Contains(n.Value, " #") && !strings.HasSuffix(n.Value, " ") &&
		(!within || !strings.Contains(n.Value, ","))
	if plain && (n.Tag == "" || n.ShortTag() == implied) {
		return n.Value
	}
	if n.Tag != "" && n.ShortTag() != "!!str" && n.ShortTag() == implied {
		return n.Value // -12, null
	}
	quoted, err := json.Marshal(n.Value)
	if err != nil {
		return strconv.Quote(n.Value)
	}
	return string(quoted)
}

// fields makes mappings, key by key.
type fields struct{ *yaml.Node }

func mappingOf(style yaml.Style) fields {
	return fields{&yaml.Node{Kind: yaml.MappingNode, Style: style}}
}

func (f fields) add(key string, v *yaml.Node) {
	f.Content = append(f.Content, scalar(key), v)
}

func (f fields) text(key, text string) {
	if text != "" {
		f.add(key, scalar(text))
	}
}

// scalar is a text that reads as it was written: a number without zeros before it
// needs no quotes, since every value here is text in the end.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if i, err := strconv.Atoi(text); err == nil && strconv.Itoa(i) == text && len(text) < 16 {
		n.Tag = "!!int"
	}
	return n
}

func sequence(style yaml.Style, items ...*yaml.Node) *yaml.Node {
	if len(items) == 1 && style == yaml.FlowStyle {
		return items[0]
	}
	return &yaml.Node{Kind: yaml.SequenceNode, Style: style, Content: items}
}

// yes is the word true, which is no text.
func yes() *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: "true"} }

func (s *Scenario) node() *yaml.Node {
	f := mappingOf(0)
	f.text("name", s.Name)
	if c := s.callNode(); len(c.Content) > 0 {
		f.add("call", c)
	}
	if g := s.Given.node(); len(g.Content) > 0 {
		f.add("given", g)
	}
	steps := &yaml.Node{Kind: yaml.SequenceNode}
	if len(s.Steps) == 0 {
		steps.Style = yaml.FlowStyle
	}
	for i := range s.Steps {
		steps.Content = append(steps.Content, s.Steps[i].node())
	}
	f.add("steps", steps)
	return f.Node
}

func (s *Scenario) callNode() *yaml.Node {
	f := mappingOf(yaml.FlowStyle)
	f.text("from", s.Call.From)
	f.text("to", s.Call.To)
	f.text("name", s.Call.Name)
	f.text("language", s.Call.Language)
	if !s.At.IsZero() {
		f.text("at", s.At.Format(time.RFC3339))
	}
	for i := 1; i < len(f.Content); i += 2 {
		f.Content[i].Tag = "!!str"
	}
	return f.Node
}

func (g *Given) node() *yaml.Node {
	f := mappingOf(0)
	if len(g.Services) > 0 {
		services := mappingOf(0)
		names := make([]string, 0, len(g.Services))
		for name := range g.Services {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			answers := &yaml.Node{Kind: yaml.SequenceNode}
			for i := range g.Services[name] {
				answers.Content = append(answers.Content, g.Services[name][i].node())
			}
			services.add(name, answers)
		}
		f.add("services", services.Node)
	}
	if len(g.SignIn) > 0 {
		var answers []*yaml.Node
		for _, in := range g.SignIn {
			a := mappingOf(yaml.FlowStyle)
			a.text("result", string(in.Result))
			a.delay(in.Delay)
			a.times(in.Times)
			answers = append(answers, a.Node)
		}
		style := yaml.Style(0)
		if len(answers) == 1 {
			style = yaml.FlowStyle
		}
		f.add("sign_in", sequence(style, answers...))
	}
	f.codes(g)
	if len(g.Users) > 0 {
		users := &yaml.Node{Kind: yaml.SequenceNode}
		for _, u := range g.Users {
			n := mappingOf(yaml.FlowStyle)
			n.text("account", u.Account)
			n.text("pin", u.PIN.Reveal())
			n.text("greeting", u.Greeting)
			n.text("id", u.ID)
			if len(u.Phones) > 0 {
				phones := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
				for _, number := range u.Phones {
					phones.Content = append(phones.Content, scalar(number))
				}
				n.add("phones", phones)
			}
			if u.Factor {
				n.add("factor", yes())
			}
			if u.Locked {
				n.add("locked", yes())
			}
			users.Content = append(users.Content, n.Node)
		}
		f.add("users", users)
	}
	if len(g.Dials) > 0 {
		var ends []*yaml.Node
		for _, d := range g.Dials {
			ends = append(ends, scalar(string(d)))
		}
		f.add("dial", sequence(yaml.FlowStyle, ends...))
	}
	if len(g.Queues) > 0 {
		var ends []*yaml.Node
		for _, q := range g.Queues {
			ends = append(ends, q.node())
		}
		f.add("queue", sequence(yaml.FlowStyle, ends...))
	}
	if len(g.Records) > 0 {
		var ends []*yaml.Node
		for _, r := range g.Records {
			ends = append(ends, scalar(string(r)))
		}
		f.add("record", sequence(yaml.FlowStyle, ends...))
	}
	if g.KeysOnly {
		f.add("keys_only", yes())
	}
	return f.Node
}

func (f fields) delay(d time.Duration) {
	if d > 0 {
		f.text("delay", d.String())
	}
}

func (f fields) times(n int) {
	if n > 0 {
		f.text("times", strconv.Itoa(n))
	}
}

func (q QueueEnd) node() *yaml.Node {
	if q.Position == 0 && q.After == 0 {
		return scalar(q.Result)
	}
	f := mappingOf(yaml.FlowStyle)
	f.text("result", q.Result)
	if q.Position > 0 {
		f.text("position", strconv.Itoa(q.Position))
	}
	if q.After > 0 {
		f.text("after", q.After.String())
	}
	return f.Node
}

func (in *Standin) node() *yaml.Node {
	f := mappingOf(yaml.FlowStyle)
	f.text(strings.ToLower(in.Method), in.Path)
	switch {
	case in.Fail:
		f.add("fail", yes())
	case in.Lost:
		f.add("lost", yes())
	default:
		if in.Status != 0 && in.Status != 200 {
			f.text("status", strconv.Itoa(in.Status))
		}
		if in.Body != nil {
			if n := jsonNode(in.Body); n != nil {
				f.add("body", n)
			} else {
				f.text("garbage", string(in.Body))
			}
		}
	}
	f.delay(in.Delay)
	f.times(in.Times)
	return f.Node
}

// jsonNode is JSON as YAML; nil where it is none.
func jsonNode(src []byte) *yaml.Node {
	var doc yaml.Node
	if !json.Valid(src) || yaml.Unmarshal(src, &doc) != nil || len(doc.Content) != 1 {
		return nil
	}
	var tidy func(n *yaml.Node)
	tidy = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			n.Style = 0 // quotes where they are needed
		} else {
			n.Style = yaml.FlowStyle
		}
		for _, c := range n.Content {
			tidy(c)
		}
	}
	tidy(doc.Content[0])
	return doc.Content[0]
}

func (s *Step) node() *yaml.Node {
	f := mappingOf(0)
	switch s.Word {
	case stepPress:
		f.add(s.Word, scalar(s.Moves.String()))
	case stepSay:
		said := s.Moves[0]
		if !said.Unclear {
			f.text(s.Word, said.Say.Reveal())
			break
		}
		n := mappingOf(yaml.FlowStyle)
		n.text("text", said.Say.Reveal())
		n.add("unclear", yes())
		f.add(s.Word, n.Node)
	case stepSilence:
		f.text(s.Word, strconv.Itoa(len(s.Moves)))
	case stepHangup:
		f.add(s.Word, yes())
	case stepAgain:
		if s.Times == 1 {
			f.add(s.Word, yes())
			break
		}
		f.text(s.Word, strconv.Itoa(s.Times))
	case stepHear:
		f.add(s.Word, wordsNode(s.Words))
	case stepAt:
		f.text(s.Word, s.State)
	case stepEnded:
		f.text(s.Word, string(s.How))
	case stepCalled:
		f.add(s.Word, s.Called.node())
	case stepNever, stepNeverHear:
		n := mappingOf(yaml.FlowStyle)
		if len(s.Never.Hear) > 0 {
			n.add("hear", wordsNode(s.Never.Hear))
		}
		var states []*yaml.Node
		for _, state := range s.Never.At {
			states = append(states, scalar(state))
		}
		if states != nil {
			n.add("at", sequence(yaml.FlowStyle, states...))
		}
		if s.Never.Called != nil {
			n.add("called", s.Never.Called.node())
		}
		f.add(stepNever, n.Node)
	}
	return f.Node
}

func wordsNode(all []Words) *yaml.Node {
	var items []*yaml.Node
	for _, w := range all {
		switch form := mappingOf(yaml.FlowStyle); {
		case w.Pattern != nil:
			form.text("pattern", w.Pattern.String())
			items = append(items, form.Node)
		case w.Exact:
			form.text("exact", w.Text)
			items = append(items, form.Node)
		default:
			items = append(items, scalar(w.Text))
		}
	}
	return sequence(yaml.FlowStyle, items...)
}

func (c *Called) node() *yaml.Node {
	f := mappingOf(yaml.FlowStyle)
	f.text("service", c.Service)
	if c.Method != "" {
		f.text(strings.ToLower(c.Method), c.Path)
	}
	if c.Body != nil {
		f.add("body", jsonNode(c.Body))
	}
	if c.Times != nil {
		f.text("times", strconv.Itoa(*c.Times))
	}
	return f.Node
}

// String is the script as it is written.
func (s Script) String() string {
	var b bytes.Buffer
	for i, m := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(m.text())
	}
	return b.String()
}

func (m Move) text() string {
	if m.silent() {
		return signSilence
	}
	if m.Say.Len() > 0 {
		text := string(signSay) + m.Say.Reveal() + string(signSay)
		if m.Unclear {
			return string(signUnclear) + text
		}
		return text
	}
	text := m.Keys.Reveal()
	if m.Early {
		text = signEarly + text
	}
	if m.Hangup {
		text += signHangup
	}
	return text
}
