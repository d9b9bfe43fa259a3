package config

import (
	"slices"
	"strconv"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers"
	"callflow/server/gateway"
	"callflow/server/logstream"
)

// Gateway is what Auth0 has messages sent by.
type Gateway struct {
	// Token says who may; nil: anybody.
	Token *gateway.Token
	Find  gateway.Finder
	// From passes the connection's sender on.
	From bool
	// Template and CodeLength are those of the connection.
	Template   string
	CodeLength int
}

// LogStream is what Auth0 tells of sign-ins by.
type LogStream struct {
	Tokens []engine.Secret
	Rule   logstream.Rule
}

// gatewaySettings are the settings of auth0_gateway.
func gatewaySettings() []providers.Setting {
	return []providers.Setting{
		{Name: "secret", Kind: providers.Secrets, Doc: "what Auth0 signs its requests with, as in the connection's gateway_authentication; several while it changes"},
		{Name: "base64", Kind: providers.Bool, Default: "no", Doc: "whether the secret is the base64url of the key: secret_base64_encoded of the connection"},
		{Name: "subject", Kind: providers.Word, Default: "urn:Auth0", Doc: "the subject of the connection's gateway_authentication"},
		{Name: "audience", Kind: providers.Word, Doc: "its audience"},
		{Name: "template", Kind: providers.Text, Doc: "the connection's template, such as \"Your code is @@password@@\"; left out, the code is the text's only number of that length"},
		{Name: "code_length", Kind: providers.Count, Default: strconv.Itoa(gateway.DefaultCodeLength), Doc: "how many digits a code has, from 4 to 10"},
		{Name: "sender", Kind: providers.Bool, Default: "no", Doc: "whether messages show the connection's sender, instead of the vendor's own"},
		{Name: "unauthenticated_gateway", Kind: providers.Bool, Default: "no", Doc: "send messages for anybody who asks; only on a loopback address"},
	}
}

// logSettings are the settings of auth0_logs.
func logSettings() []providers.Setting {
	d := logstream.DefaultRule()
	return []providers.Setting{
		{Name: "token", Kind: providers.Secrets, Doc: "what the log stream's authorization says behind \"Bearer \"; several while it changes"},
		{Name: "types", Kind: providers.Words, Doc: "the types of events that are a sign-in with a code, with * for anything; left out, " + list(d.Types)},
		{Name: "connections", Kind: providers.Words, Doc: "the connections whose codes arrive by message; left out, " + list(d.Connections)},
	}
}

// gateway is what Auth0 posts messages to; nil where nothing is said of it.
func (c *Config) gateway() *Gateway {
	if !c.chosen("auth0_gateway") {
		return nil
	}
	g := &Gateway{}
	g.From, _ = providers.ParseBool(c.get("auth0_gateway", "sender").Text())
	g.Find, _ = c.finder(c.get("auth0_gateway", "template").Text())
	g.Template = c.get("auth0_gateway", "template").Text()
	g.CodeLength, _ = strconv.Atoi(c.get("auth0_gateway", "code_length").Text())
	encoded, _ := providers.ParseBool(c.get("auth0_gateway", "base64").Text())
	if open, _ := providers.ParseBool(c.get("auth0_gateway", "unauthenticated_gateway").Text()); open {
		return g
	}
	g.Token = &gateway.Token{Subject: c.get("auth0_gateway", "subject").Text(), Audience: c.get("auth0_gateway", "audience").Text()}
	for _, s := range c.get("auth0_gateway", "secret").Secrets() {
		if k, err := gateway.ParseKey(s, encoded); err == nil {
			g.Token.Keys = append(g.Token.Keys, k)
		}
	}
	return g
}

func (c *Config) finder(template string) (gateway.Finder, error) {
	length, _ := strconv.Atoi(c.get("auth0_gateway", "code_length").Text())
	return gateway.NewFinder(template, length)
}

func (c *Config) logStream() *LogStream {
	if !c.chosen("auth0_logs") {
		return nil
	}
	l := &LogStream{Tokens: c.get("auth0_logs", "token").Secrets(), Rule: logstream.DefaultRule()}
	if v := c.get("auth0_logs", "types"); v.IsSet() {
		l.Rule.Types = v.Texts()
	}
	if v := c.get("auth0_logs", "connections"); v.IsSet() {
		l.Rule.Connections = v.Texts()
	}
	return l
}

// checkGateway finds a gateway that cannot be used, or that anybody can.
func checkGateway(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	g := c.Gateway
	if g == nil {
		return
	}
	if c.SMS == nil {
		d := c.missing("auth0_gateway", "auth0_gateway has messages sent, and nobody sends them: sms is not set")
		d.Hint = "set sms.senders and sms.allow"
		report(d)
	}
	length, template := c.get("auth0_gateway", "code_length"), c.get("auth0_gateway", "template")
	if _, err := c.finder(""); err != nil && length.IsSet() {
		report(length.report(flows.CodeBadValue, "%s: %s", length.Name, err))
	} else if _, err := c.finder(template.Text()); err != nil && template.IsSet() {
		report(template.report(flows.CodeBadValue, "%s: %s", template.Name, err))
	}
	secret, open := c.get("auth0_gateway", "secret"), c.get("auth0_gateway", "unauthenticated_gateway")
	switch {
	case g.Token == nil && secret.IsSet():
		report(open.report(flows.CodeBadValue, "the gateway has a secret and is open to anybody: take one out"))
	case g.Token == nil:
		c.checkOpen(open, report)
		return
	case !secret.IsSet() && !c.Unread("auth0_gateway", "secret"):
		d := c.missing("auth0_gateway", "auth0_gateway has no secret: anybody could have messages sent")
		d.Hint = "set auth0_gateway.secret to that of the connection's gateway_authentication"
		report(d)
	}
	if encoded, _ := providers.ParseBool(c.get("auth0_gateway", "base64").Text()); secret.IsSet() {
		for _, s := range secret.Secrets() {
			if _, err := gateway.ParseKey(s, encoded); err != nil {
				report(secret.report(flows.CodeBadValue, "%s %s", secret.Name, err))
			}
		}
	}
	if v := c.get("auth0_gateway", "audience"); !v.IsSet() && g.Token != nil && !c.Unread("auth0_gateway", "audience") {
		d := c.missing("auth0_gateway", "auth0_gateway has no audience: tokens for others would do")
		d.Hint = "set auth0_gateway.audience to that of the connection's gateway_authentication"
		report(d)
	}
}

// checkOpen refuses a gateway for anybody where others reach the server.
func (c *Config) checkOpen(v Value, report func(flows.Diagnostic)) {
	const hint = "set auth0_gateway.secret and audience"
	if !c.OnLoopback() {
		d := v.report(CodeOpenGateway, "the gateway sends messages for anybody, and the server listens on %s", c.Listen)
		d.Hint = hint + ", or listen on 127.0.0.1"
		report(d)
		return
	}
	if c.IsPublic() {
		d := v.report(CodeOpenGateway, "the gateway sends messages for anybody, and the server is reached under %s", c.PublicURL)
		d.Hint = hint
		report(d)
	}
}

// checkLogStream finds a stream that anybody could write.
func checkLogStream(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	if c.LogStream == nil {
		return
	}
	v := c.get("auth0_logs", "token")
	if !v.IsSet() && !c.Unread("auth0_logs", "token") {
		d := c.missing("auth0_logs", "auth0_logs has no token: anybody could tell of sign-ins")
		d.Hint = "set auth0_logs.token to what the log stream's authorization says behind \"Bearer \""
		report(d)
	}
	for _, s := range v.Secrets() {
		if s.Len() < logstream.ShortestToken {
			report(v.report(flows.CodeBadValue, "%s has %d characters; expected %d at least", v.Name, s.Len(), logstream.ShortestToken))
		}
	}
	for _, name := range []string{"types", "connections"} {
		v := c.get("auth0_logs", name)
		if i := slices.IndexFunc(v.Texts(), func(t string) bool { return t == "*" }); i >= 0 && name == "types" {
			report(v.report(flows.CodeBadValue, "%s is *: failed sign-ins would count as good ones", v.Name))
		}
	}
}
