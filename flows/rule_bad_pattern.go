package flows

import (
	"regexp/syntax"
	"slices"
)

// badPattern reports patterns that no entry can match: whoever calls would be
// told three times that what was right is wrong.
func badPattern(c *compiler) {
	for _, st := range c.doc.States {
		d, ok := st.Kind.(*CollectDecl)
		if !ok || d.Pattern == nil || d.Digits == nil {
			continue
		}
		if r := d.Digits.V; !matchesDigits(d.Pattern.V.String(), r.Min, r.Max) {
			entry := "entry of " + d.Digits.Value + " digits"
			if d.Digits.Value == "1" {
				entry = "entry of 1 digit"
			}
			c.report(CodeBadPattern, d.Pattern.Pos, "no %s can match the pattern", entry).Hint = "the pattern is held against the whole entry, which is digits and nothing else"
		}
	}
}

// matchesDigits tells whether some run of low to high digits matches a pattern.
// It follows all ways through the pattern at once, digit by digit. Assertions
// are taken to hold, so that nothing that matches is refused.
func matchesDigits(pattern string, low, high int) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return true
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return true
	}
	at := closure(prog, []uint32{uint32(prog.Start)})
	for n := 0; ; n++ {
		if n >= low && slices.ContainsFunc(at, func(pc uint32) bool { return prog.Inst[pc].Op == syntax.InstMatch }) {
			return true
		}
		if n == high || len(at) == 0 {
			return false
		}
		var next []uint32
		for _, pc := range at {
			if takesDigit(&prog.Inst[pc]) {
				next = append(next, prog.Inst[pc].Out)
			}
		}
		at = closure(prog, next)
	}
}

func takesDigit(inst *syntax.Inst) bool {
	switch inst.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		for r := '0'; r <= '9'; r++ {
			if inst.MatchRune(r) {
				return true
			}
		}
	}
	return false
}

// closure is what can be reached from some instructions without a digit.
func closure(prog *syntax.Prog, from []uint32) []uint32 {
	seen := make([]bool, len(prog.Inst))
	var met []uint32
	for queue := from; len(queue) > 0; {
		pc := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		met = append(met, pc)
		switch inst := &prog.Inst[pc]; inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			queue = append(queue, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			queue = append(queue, inst.Out)
		}
	}
	return met
}
