package flows

import "gopkg.in/yaml.v3"

// lose notes what a part of the file names that nobody reads.
func (p *parser) lose(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			p.loseNext()
		} else {
			p.loseName(n.Value)
		}
	case yaml.AliasNode, 0:
		p.loseNext()
	}
	for _, c := range n.Content {
		p.lose(c)
	}
}

func (p *parser) loseName(name string) {
	u := p.unread()
	u.names = append(u.names, name)
}

func (p *parser) loseNext() { p.unread().next = true }

// unread is where to note what could not be understood.
func (p *parser) unread() *unread {
	if p.state != nil {
		return &p.state.unread
	}
	return &p.doc.unread
}
