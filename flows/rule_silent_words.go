package flows

// silentWords finds words that callers could say if anything listened.
func silentWords(c *compiler) {
	listens := c.defaults.Speech != nil && c.defaults.Speech.Listens
	for _, st := range c.doc.States {
		d, ok := st.Kind.(*MenuDecl)
		if !ok {
			listens = listens || heardBy(st.Kind)
			continue
		}
		on := d.Speech
		if on == nil {
			on = c.defaults.Speech
		}
		if on != nil && on.Listens {
			listens = true
			continue
		}
		for _, o := range d.Options {
			if o.Say == nil {
				continue
			}
			c.report(CodeSilentWords, o.Say.Pos, "there are words to say for the key %s, but the menu does not listen", o.Keys.Value).Hint = `add "speech: true" to the menu or to the defaults`
			c.phrases(o.Say)
			break
		}
	}
	if listens {
		return
	}
	for _, g := range c.doc.Globals {
		if g.Say != nil {
			c.report(CodeSilentWords, g.Say.Pos, "there are words to say for the key %s, but no question listens", g.Keys.Value).Hint = `add "speech: true" to the defaults`
			c.phrases(g.Say)
			return
		}
	}
}

// heardBy tells whether a question that is no menu listens by its own word.
func heardBy(k KindDecl) bool {
	listens := func(d *SpeechDecl) bool { return d != nil && d.Listens }
	switch d := k.(type) {
	case *CollectDecl:
		return listens(d.Speech) || d.Confirm != nil && listens(d.Confirm.Speech)
	case *ConfirmDecl:
		return listens(d.Speech)
	}
	return false
}
