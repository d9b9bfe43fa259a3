package flows

// unusedPrompt finds prompts of the flow that nothing says. They are compiled all
// the same, so that what is wrong with them shows.
func unusedPrompt(c *compiler) {
	for _, d := range c.doc.Prompts {
		if _, said := c.prompts[d]; said || d.Text == nil {
			continue
		}
		c.report(CodeUnusedPrompt, d.Name.Pos, "nothing says the prompt %q", d.Name.Value)
		c.tapered(d.Text, spoken)
	}
}
