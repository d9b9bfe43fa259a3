package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var branchKind = kind{
	Field: Field{Key: "branch", Shape: aMapping(branchFields), Doc: "Chooses by conditions."},
	parse: parseBranch,
}

var branchFields = Fields{
	{Key: "when", Shape: aList(aMapping(armFields)), Required: true, Doc: "Conditions; the first that holds decides."},
	{Key: "else", Shape: aState, Required: true, Doc: "Where it leads when no condition holds."},
}

var armFields = Fields{
	{Key: "if", Shape: anExpression, Required: true, Doc: "A condition, without ${ }."},
	{Key: "next", Shape: aState, Required: true, Doc: "Where it leads when the condition holds."},
}

// parseBranch reads a fork in the flow.
//
//	branch:
//	  when:
//	    - { if: len(code) == 4, next: short }
//	  else: long
func parseBranch(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &BranchDecl{}
	if !p.is(key, n, yaml.MappingNode, "a mapping with when and else") {
		return d
	}
	seen := p.each(n, mapping{what: "a branch", known: branchFields}, func(key Scalar, v *yaml.Node) bool {
		switch key.Value {
		case "when":
			d.Arms = p.arms(key, v)
		case "else":
			d.Else = p.ref(key, v)
		default:
			return false
		}
		return true
	})
	p.need(seen, key, branchFields)
	return d
}

func (p *parser) arms(key Scalar, n *yaml.Node) []ArmDecl {
	if !p.is(key, n, yaml.SequenceNode, "a list of { if: …, next: … }") {
		return nil
	}
	if len(n.Content) == 0 {
		p.report(CodeEmptyValue, key.Pos, "the branch has no conditions")
	}
	var arms []ArmDecl
	for _, c := range n.Content {
		if !p.is(key, c, yaml.MappingNode, "a list of { if: …, next: … }") {
			continue
		}
		arm := ArmDecl{}
		seen := p.each(c, mapping{what: "a condition", known: armFields}, func(key Scalar, v *yaml.Node) bool {
			switch key.Value {
			case "if":
				arm.If = p.scalar(key, v)
			case "next":
				arm.To = p.ref(key, v)
			default:
				return false
			}
			return true
		})
		p.need(seen, Scalar{Value: "when", Pos: at(c)}, armFields)
		arms = append(arms, arm)
	}
	return arms
}

func (d *BranchDecl) exits() []exit { return nil }

func (d *BranchDecl) compile(c *compiler, st *StateDecl) {
	if st.Next != nil {
		c.report(CodeUnknownKey, st.Next.Key.Pos, `a branch has no "next": its conditions and its else say where it leads`)
	}
	k := engine.BranchState{When: make([]*engine.Expr, len(d.Arms))}
	for i, arm := range d.Arms {
		k.When[i] = c.condition(arm.If)
	}
	c.state(st, st.Name.Value, k)
	for i, arm := range d.Arms {
		c.edge(engine.WhenOutcome(i+1), c.to(arm.To))
	}
	c.edge(engine.OutElse, c.to(d.Else))
	c.everywhere(st)
}
