package flows

// service notes that a service is used, and reports one that is not there.
func (c *compiler) service(s Scalar) {
	if !s.IsSet() {
		return
	}
	c.services[s.Value] = true
	if c.doc.Services != nil {
		listed := make([]string, 0, len(c.doc.Services))
		for _, l := range c.doc.Services {
			listed = append(listed, l.Value)
		}
		if !contains(listed, s.Value) {
			d := c.report(CodeUnknownService, s.Pos, "the flow does not list a service %q; it lists %s", s.Value, and(listed))
			d.Hint = c.nearest(s.Value, listed)
			return
		}
	}
	switch {
	case c.opts.Services == nil || contains(c.opts.Services, s.Value):
	case len(c.opts.Services) == 0:
		c.report(CodeUnknownService, s.Pos, "there is no service %q; none is configured", s.Value)
	default:
		d := c.report(CodeUnknownService, s.Pos, "there is no service %q; the installation has %s", s.Value, and(c.opts.Services))
		d.Hint = c.nearest(s.Value, c.opts.Services)
	}
}
