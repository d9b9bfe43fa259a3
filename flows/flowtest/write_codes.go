package flowtest

import "gopkg.in/yaml.v3"

// codes writes what is given for codes and for the search for a number.
func (f fields) codes(g *Given) {
	f.text("code", g.Code)
	var sends, checks, finds []*yaml.Node
	for _, in := range g.Challenge {
		a := mappingOf(yaml.FlowStyle)
		a.text("result", string(in.Result))
		a.delay(in.Delay)
		a.times(in.Times)
		sends = append(sends, a.Node)
	}
	for _, in := range g.Verify {
		a := mappingOf(yaml.FlowStyle)
		a.text("result", in.Result)
		a.text("account", in.Account)
		a.text("greeting", in.Greeting)
		a.delay(in.Delay)
		a.times(in.Times)
		checks = append(checks, a.Node)
	}
	for _, in := range g.Identify {
		a := mappingOf(yaml.FlowStyle)
		a.text("result", string(in.Result))
		if in.Accounts != nil {
			list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for _, account := range in.Accounts {
				list.Content = append(list.Content, scalar(account))
			}
			a.add("accounts", list)
		}
		a.delay(in.Delay)
		a.times(in.Times)
		finds = append(finds, a.Node)
	}
	f.answers(ChallengeName, sends)
	f.answers(VerifyName, checks)
	f.answers(IdentifyName, finds)
}

// answers adds one answer in its line, and several below each other.
func (f fields) answers(name string, all []*yaml.Node) {
	switch len(all) {
	case 0:
	case 1:
		f.add(name, sequence(yaml.FlowStyle, all...))
	default:
		f.add(name, sequence(0, all...))
	}
}
