package fake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/engine"
)

// ParseUsers reads users from YAML, in the shape of the directory's file of users:
//
//   - account: 12345
//     pin: "1234"        # or the hash that "callflow users hash" prints
//     greeting: Ana
//     phones: [+61255500123]
//     locked: true       # blocked by an administrator
//     email: ana@example.com
//     connection: Other-Database
//     mfa: true          # Auth0 asks for a second factor
//     factors: [+61412345678]   # numbers that are second factors
//     linked: +61412345678      # the number of an SMS identity that is linked
//     leaked: true       # the PIN was found in a breach
//
// Text stays as written: 007 is three characters. Errors hold no PIN.
func ParseUsers(file string, src []byte) ([]User, error) {
	var nodes []yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(src)).Decode(&nodes)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: not a list of users in YAML", file)
	}
	var users []User
	seen := map[string]int{}
	for i := range nodes {
		u, err := parseUser(&nodes[i])
		if err != nil {
			return nil, fmt.Errorf("%s:%w", file, err)
		}
		if first, twice := seen[u.Account]; twice {
			return nil, fmt.Errorf("%s:%d: the account stands twice; the first one is in line %d", file, nodes[i].Line, first)
		}
		seen[u.Account] = nodes[i].Line
		users = append(users, u)
	}
	return users, nil
}

func parseUser(n *yaml.Node) (User, error) {
	var u User
	if n.Kind != yaml.MappingNode {
		return u, fmt.Errorf(`%d: expected a user; begin each with "- account: …"`, n.Line)
	}
	texts := map[string]*string{
		"account": &u.Account, "id": &u.ID, "email": &u.Email,
		"name": &u.Name, "greeting": &u.Greeting, "connection": &u.Connection, "linked": &u.Linked,
	}
	switches := map[string]*bool{"locked": &u.Blocked, "mfa": &u.MFA, "factor": &u.MFA, "leaked": &u.Leaked}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		text, isText := texts[k.Value]
		on, isSwitch := switches[k.Value]
		switch {
		case k.Value == "phones":
			for _, phone := range v.Content {
				u.Phones = append(u.Phones, phone.Value)
			}
		case k.Value == "factors":
			for _, phone := range v.Content {
				u.Factors = append(u.Factors, phone.Value)
			}
		case v.Kind != yaml.ScalarNode:
			return u, fmt.Errorf("%d: %s takes one value", k.Line, k.Value)
		case k.Value == "pin":
			if err := u.setPIN(v.Value); err != nil {
				return u, fmt.Errorf("%d: pin: %w", v.Line, err)
			}
		case isText:
			*text = v.Value
		case isSwitch:
			if v.Value != "true" && v.Value != "false" {
				return u, fmt.Errorf("%d: %s takes true or false", v.Line, k.Value)
			}
			*on = v.Value == "true"
		default:
			return u, fmt.Errorf("%d: a user has no key %q", k.Line, k.Value)
		}
	}
	if u.Account == "" || u.hash == nil && u.PIN.Len() == 0 {
		return u, fmt.Errorf("%d: a user needs account and pin", n.Line)
	}
	return u, nil
}

func (u *User) setPIN(text string) error {
	if !strings.HasPrefix(text, "$") {
		u.PIN = engine.NewSecret(text)
		return nil
	}
	var err error
	u.hash, err = parseArgon(text)
	return err
}
