package flows

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"callflow/engine"
)

// dump writes a program so that people can read what a flow became.
func dump(s *engine.Spec) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "flow %s %q, languages %s, voice %q, start %s\n", s.Flow, s.Title, strings.Join(s.Languages, " "), s.Voice, s.Start)
	if r := s.Recording; r != nil {
		fmt.Fprintf(&b, "calls are recorded: %q\n", r.Announce)
	}
	fmt.Fprintf(&b, "on_hangup %q, limits %d turns %s, services %v\n", s.OnHangup, s.Limits.Turns, s.Limits.Duration, s.Services)
	for _, v := range s.Variables {
		fmt.Fprintf(&b, "variable %s %s", v.Name, v.Type)
		typ := v.Type
		if typ.Item != nil {
			typ = *typ.Item
			fmt.Fprintf(&b, " of %s", typ)
		}
		for _, f := range typ.Fields {
			fmt.Fprintf(&b, " %s:%s", f.Name, f.Type)
		}
		if v.Value != nil {
			fmt.Fprintf(&b, " = %v", v.Value)
		}
		b.WriteByte('\n')
	}
	for _, g := range s.Globals {
		fmt.Fprintf(&b, "global %s\n", g.Keys)
	}
	at := 0
	for _, st := range s.States {
		fmt.Fprintf(&b, "\n%s: %s", st.Name, st.Kind.Name())
		if st.Requires != "" {
			fmt.Fprintf(&b, ", requires %s", st.Requires)
		}
		if st.MaxVisits > 0 {
			fmt.Fprintf(&b, ", at most %d visits", st.MaxVisits)
		}
		if st.Milestone != "" {
			fmt.Fprintf(&b, ", milestone %s", st.Milestone)
		}
		b.WriteByte('\n')
		for _, line := range kindLines(st.Kind) {
			fmt.Fprintf(&b, "  %s\n", line)
		}
		for ; at < len(s.Transitions) && s.Transitions[at].From == st.Name; at++ {
			fmt.Fprintf(&b, "  --%s--> %s\n", s.Transitions[at].Outcome, s.Transitions[at].To)
		}
	}
	if at != len(s.Transitions) {
		fmt.Fprintf(&b, "%d transitions are out of place\n", len(s.Transitions)-at)
	}
	return b.Bytes()
}

func kindLines(k engine.Kind) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	text := func(what string, t engine.Text) {
		for _, template := range t {
			if audio := template.Audio(); audio != "" {
				add("%s audio %s", what, audio)
			}
			if marked := markup(template); marked != "" {
				add("%s ssml %s", what, marked)
			}
			add("%s %q", what, template.String())
		}
	}
	asking := func(a *engine.Asking) {
		for _, t := range a.Prompt {
			text("prompt", t)
		}
		for _, t := range a.NoInputText {
			text("noinput", t)
		}
		for _, t := range a.NoMatchText {
			text("nomatch", t)
		}
		if a.Speech != nil {
			add("listens: confidence %v, hints %q, everywhere %q", a.Speech.Confidence, a.Speech.Hints, a.Speech.Globals)
		}
		add("attempts %d, noinput %d, nomatch %d, timeout %s, inter digit %s, max %s, barge in %t, flush %t",
			a.Attempts, a.MaxNoInput, a.MaxNoMatch, a.Timeout, a.InterDigit, a.MaxDuration, a.BargeIn, a.Flush)
	}
	fetch := func(f engine.FetchSpec, fields []engine.Field) {
		add("%s %s%s, timeout %s", f.Method, f.Service, f.Path, f.Timeout.Round(time.Millisecond))
		for _, q := range f.Query {
			add("query %s=%s", q.Name, q.Value)
		}
		for _, h := range f.Headers {
			add("header %s: %s", h.Name, h.Value)
		}
		if f.Body != nil {
			add("body %s", node(f.Body))
		}
		for _, r := range fields {
			add("returns %s %s", r.Name, r.Type)
		}
	}
	switch k := k.(type) {
	case engine.SayState:
		if k.Each != nil {
			add("each %s", k.Each)
		}
		text("say", k.Text)
		add("barge in %t", k.BargeIn)
	case engine.PlayState:
		text("play", k.Text)
		add("barge in %t", k.BargeIn)
	case engine.MenuState:
		asking(&k.Asking)
		for _, o := range k.Options {
			if o.NoValue {
				add("option %s", o.Keys)
				continue
			}
			add("option %s = %q", o.Keys, o.Value)
			if o.Say != nil {
				add("  said %q", o.Say)
			}
		}
		if e := k.Each; e != nil {
			add("each %s, %d at once, more %s", e.List, e.Page, e.More)
			text("say", e.Say)
			text("more", e.SayMore)
		}
	case engine.CollectState:
		asking(&k.Asking)
		add("digits %d-%d, terminator %q, secret %t, luhn %t", k.Min, k.Max, k.Terminator, k.Secret, k.Luhn)
		if k.Pattern != nil {
			add("pattern %s", k.Pattern)
		}
	case engine.ConfirmState:
		asking(&k.Asking)
		add("yes %s, no %s", k.Yes, k.No)
	case engine.AuthenticateState:
		add("account %s, pin %s, attempts %d", operand(k.Account), operand(k.PIN), k.Attempts)
		text("sorry", k.Sorry)
	case engine.BranchState:
		for _, e := range k.When {
			add("when %s", e)
		}
	case engine.HoursState:
		add("%s by the clocks of %s", k.Schedule.Name, k.Zone)
		for d, spans := range k.Schedule.Weekly {
			if len(spans) > 0 {
				add("%s %s", time.Weekday(d), hoursText(spans))
			}
		}
		for _, h := range k.Schedule.Holidays {
			add("holiday %s", holidayText(h))
		}
		for _, e := range k.Schedule.Exceptions {
			add("on %v %s", e.Day, hoursText(e.Hours))
		}
	case engine.LanguageState:
		add("by %q", k.By.String())
		for _, choice := range k.Choose {
			add("%q: %s", choice.Value, choice.Lang)
		}
		if k.Else != "" {
			add("else %s", k.Else)
		}
	case engine.SetState:
		for _, a := range k.Set {
			if a.List != nil {
				add("change %s, anew %t", a.Var, a.List.Anew)
				for i := range a.List.Add {
					add("add %s", node(&a.List.Add[i]))
				}
			} else if a.Value.IsZero() {
				add("set %s = %#v", a.Var, a.Constant)
			} else {
				add("set %s = %s", a.Var, operand(a.Value))
			}
		}
	case engine.SubflowState:
		add("flow %s", k.Flow)
		for _, a := range k.Set {
			add("give %s = %s", a.Var, given(a))
		}
	case engine.ReturnState:
		add("outcome %s", k.Outcome)
		for _, a := range k.With {
			add("give %s = %s", a.Var, given(a))
		}
	case engine.ChallengeState:
		add("to %q, factor %v, channel %s", k.Number, k.Factor, k.Channel)
	case engine.VerifyState:
		add("code %s, attempts %d", operand(k.Code), k.Attempts)
		text("sorry", k.Sorry)
	case engine.IdentifyState:
		add("number %q", k.Number)
	case engine.RequestState:
		fetch(k.Fetch, k.Returns)
	case engine.ActionState:
		if k.Callback != nil {
			add("call %s, country %q, at %q", k.Callback.Number, k.Callback.Country, k.Callback.At.String())
		}
		fetch(k.Fetch, k.Returns)
	case engine.TransferState:
		add("to %s, from %s, timeout %s", k.To, k.From, k.Timeout)
		text("say", k.Say)
		if k.Refer {
			add("refer")
		}
		if k.Limit > 0 {
			add("limit %s", k.Limit)
		}
		text("whisper", k.Whisper)
		for _, x := range k.Context {
			add("context %s: %s", x.Name, x.Value)
		}
	case engine.RecordState:
		text("prompt", k.Prompt)
		add("from %s to %s, silence %s, terminator %q, beep %t", k.Min, k.Max, k.Silence, k.Terminator, k.Beep)
	case engine.ReplayState:
		add("of %s", k.Var)
	case engine.HangupState:
		add("ended %s", k.Ended)
		text("say", k.Text)
	}
	return lines
}

func hoursText(spans []engine.Span) string {
	if len(spans) == 0 {
		return "closed"
	}
	texts := make([]string, len(spans))
	for i, s := range spans {
		texts[i] = hoursOf(s)
	}
	return strings.Join(texts, " ")
}

func holidayText(h engine.Holiday) string {
	text := h.Name
	switch {
	case h.Date != nil:
		text += fmt.Sprintf(" date %v", *h.Date)
	case h.Range != nil:
		text += fmt.Sprintf(" from %v to %v", h.Range.From, h.Range.To)
	case h.Easter != nil:
		text += fmt.Sprintf(" easter %+d", *h.Easter)
	case h.Nth.Before != nil:
		text += fmt.Sprintf(" %s before %v", h.Nth.Weekday, *h.Nth.Before)
	case h.Nth.After != nil:
		text += fmt.Sprintf(" %s after %v", h.Nth.Weekday, *h.Nth.After)
	default:
		text += fmt.Sprintf(" %s %+d of %s", h.Nth.Weekday, h.Nth.N, h.Nth.Month)
	}
	return strings.TrimSpace(text + " " + string(h.Observed))
}

func given(a engine.Assignment) string {
	if a.Value.IsZero() {
		return fmt.Sprintf("%#v", a.Constant)
	}
	return operand(a.Value)
}

// markup is a text as it is marked up, or "".
func markup(t engine.Template) string {
	var b strings.Builder
	marked := false
	for _, p := range t {
		switch {
		case p.Markup != "":
			marked = true
			b.WriteString(p.Markup)
		case p.Expr != nil:
			fmt.Fprintf(&b, "${%s}", p.Expr)
		default:
			b.WriteString(p.Literal)
		}
	}
	if !marked {
		return ""
	}
	return b.String()
}

func operand(o engine.Operand) string {
	if o.Secret != "" {
		return "secret " + o.Secret
	}
	return fmt.Sprintf("%q", o.Template.String())
}

func node(n *engine.Node) string {
	switch {
	case n.Raw != "":
		return n.Raw
	case n.Object != nil:
		parts := make([]string, len(n.Object))
		for i := range n.Object {
			parts[i] = n.Object[i].Name + ": " + node(&n.Object[i].Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case n.Array != nil:
		parts := make([]string, len(n.Array))
		for i := range n.Array {
			parts[i] = node(&n.Array[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprintf("%q", n.Template.String())
}
