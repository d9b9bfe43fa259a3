package engine

import "fmt"

// WalkEdges sends every transition through the machine and compares.
func WalkEdges(p *Program) error {
	for _, t := range p.spec.Transitions {
		to, err := p.machine.next(t.From, t.Outcome)
		if err != nil || to != t.To {
			return fmt.Errorf("%s on %s: %q, %w, not %q", t.From, t.Outcome, to, err, t.To)
		}
	}
	if _, err := p.machine.next(p.spec.Start, "nonsense"); err == nil {
		return fmt.Errorf("an outcome that is not there leads somewhere")
	}
	return nil
}
