package graph

import (
	"fmt"
	"strconv"
	"strings"

	"callflow/engine"
)

// boxOf is the sub-flow that a state stands in: the nearest state before a dot in
// its name that calls one. A state that calls a sub-flow is the head of its box.
func (b *builder) boxOf(name string) string {
	for !b.calls[name] {
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return ""
		}
		name = name[:i]
	}
	return name
}

// about says what a state is for.
func about(kind engine.Kind) (text string, shape Shape, secret bool) {
	switch k := kind.(type) {
	case engine.SayState:
		return said(k.Text), Plain, false
	case engine.PlayState:
		return said(k.Text), Plain, false
	case engine.MenuState:
		return asked(k.Prompt), Question, false
	case engine.CollectState:
		return asked(k.Prompt), Question, k.Secret
	case engine.ConfirmState:
		return asked(k.Prompt), Question, false
	case engine.AuthenticateState:
		return "", Effect, false
	case engine.ChallengeState:
		if k.Factor {
			return "to the second factor", Effect, false
		}
		return k.Number.String(), Effect, false
	case engine.VerifyState:
		return "", Effect, false
	case engine.IdentifyState:
		return k.Number.String(), Effect, false
	case engine.RequestState:
		return fetched(&k.Fetch), Effect, false
	case engine.ActionState:
		return fetched(&k.Fetch), Effect, false
	case engine.QueueState:
		return k.Queue, Effect, false
	case engine.RecordState:
		return said(k.Prompt), Question, false
	case engine.TransferState:
		return k.To.String(), Effect, false
	case engine.HoursState:
		return k.Schedule.Name + ", " + k.Zone.String(), Plain, false
	case engine.LanguageState:
		return k.By.String(), Plain, false
	case engine.SubflowState:
		return "enters " + k.Flow, Plain, false
	case engine.ReturnState:
		return k.Outcome, Plain, false
	case engine.ReplayState:
		return k.Var, Plain, false
	case engine.SetState:
		var names []string
		for _, a := range k.Set {
			names = append(names, a.Var)
		}
		return strings.Join(names, ", "), Plain, false
	case engine.HangupState:
		return said(k.Text), End, false
	}
	return "", Plain, false
}

func fetched(f *engine.FetchSpec) string {
	return f.Method + " " + f.Service + " " + f.Path.String()
}

func said(t engine.Text) string {
	if len(t) == 0 {
		return ""
	}
	return t[0].String()
}

func asked(p engine.Prompt) string {
	if len(p) == 0 {
		return ""
	}
	return said(p[0])
}

// labeller gives the words on the arrows of a state: keys where there are some,
// conditions, and else the outcome's own name, which is what the flow says. A
// plain next needs no word.
func labeller(kind engine.Kind) func(engine.Outcome) string {
	names := map[engine.Outcome]string{
		engine.OutNext: "", engine.OutMatch: "", engine.OutRetryDenied: engine.OutDenied + ", once more",
	}
	switch k := kind.(type) {
	case engine.MenuState:
		for _, o := range k.Options {
			label := o.Keys
			if o.Value != o.Keys {
				label += " " + o.Value
			}
			names[engine.OptionOutcome(o.Keys)] = label
		}
	case engine.ConfirmState:
		names[engine.OutYes] = k.Yes + " yes"
		names[engine.OutNo] = k.No + " no"
	case engine.BranchState:
		for i, w := range k.When {
			names[engine.WhenOutcome(i+1)] = w.String()
		}
	}
	return func(o engine.Outcome) string {
		if label, ok := names[o]; ok {
			return label
		}
		if keys, ok := strings.CutPrefix(o, "global."); ok {
			return keys
		}
		return o
	}
}

// count says how much of a covered graph was reached.
func (g *Graph) count() string {
	nodes, reached, edges, taken := 0, 0, 0, 0
	for _, n := range g.Nodes {
		if n.Shape != Event && !builtIn(n.Name) {
			nodes++
			if n.Reached {
				reached++
			}
		}
	}
	for _, e := range g.Edges {
		if !strings.HasPrefix(e.From, "$") {
			edges++
			if e.Taken {
				taken++
			}
		}
	}
	return fmt.Sprintf("tests reach %d of %d states and take %d of %d arrows", reached, nodes, taken, edges)
}

// short cuts text to at most n characters, at a word where there is one.
func short(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	cut := string(runes[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > n/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:") + "…"
}

// name is what a node is called in the picture.
func (n *Node) name() string {
	if n.Shape == Event {
		return n.Event
	}
	return n.Name
}

// badges are the marks of a state.
func (n *Node) badges() []string {
	var b []string
	if n.Secret {
		b = append(b, "secret")
	}
	if n.Requires != "" {
		b = append(b, n.Requires)
	}
	if n.Milestone != "" {
		b = append(b, "milestone "+n.Milestone)
	}
	return b
}

func num(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
