package index

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// News says that something about a user may have changed. It is a hint, whoever
// sends it: the user is read again.
type News struct {
	// ID is the user's.
	ID string `json:"id"`
	// Phone is the number of a second factor that was just enrolled, E.164; "": none
	// was told. Auth0 masks such numbers where they are read, so that only this says
	// them whole.
	Phone string `json:"phone,omitempty"`
}

// Bounds of one post of news.
const (
	// MostNews is how many users one post may be about.
	MostNews = 1000
	// MaxNews is how long one post may be, in bytes: an event has a profile in it.
	MaxNews = 1 << 20
)

// Errors of ParseNews.
var (
	errNotNews  = errors.New("it is neither what an Action sends nor an event, as JSON")
	errNewsID   = errors.New("it names no user by a user_id of Auth0's")
	errMuchNews = errors.New("it is about too many users")
)

// posted is what Actions send, {"user_id": …} or {"users": […]}, and an event of an
// event stream in the form of CloudEvents.
type posted struct {
	UserID text `json:"user_id"`
	Users  []struct {
		UserID text `json:"user_id"`
	} `json:"users"`
	Type text `json:"type"`
	Data *struct {
		Object *struct {
			UserID text `json:"user_id"`
		} `json:"object"`
	} `json:"data"`
}

// ParseNews reads what an Action or an event stream posts: one such object, or an
// array of them. Events that are not about users are none; each user is told once.
func ParseNews(body []byte) ([]News, error) {
	var all []posted
	if strings.HasPrefix(strings.TrimLeft(string(body[:min(len(body), 64)]), " \t\r\n"), "[") {
		if json.Unmarshal(body, &all) != nil {
			return nil, errNotNews
		}
	} else {
		var one posted
		if json.Unmarshal(body, &one) != nil {
			return nil, errNotNews
		}
		all = []posted{one}
	}
	var news []News
	add := func(id text) error {
		switch {
		case !IsUserID(string(id)):
			return errNewsID
		case slices.Contains(news, News{ID: string(id)}):
		case len(news) == MostNews:
			return errMuchNews
		default:
			news = append(news, News{ID: string(id)})
		}
		return nil
	}
	for _, p := range all {
		if p.Type != "" && !strings.HasPrefix(string(p.Type), "user.") {
			continue // of an organization, a connection, …
		}
		ids := []text{p.UserID}
		if p.Data != nil && p.Data.Object != nil {
			ids = []text{p.Data.Object.UserID}
		} else if len(p.Users) > 0 {
			ids = nil
			for _, u := range p.Users {
				ids = append(ids, u.UserID)
			}
		}
		for _, id := range ids {
			if err := add(id); err != nil {
				return nil, err
			}
		}
	}
	return news, nil
}

// IsUserID tells whether a user could have this id: "auth0|63d1…", or whatever a
// custom database makes of it.
func IsUserID(id string) bool {
	before, after, found := strings.Cut(id, "|")
	return found && before != "" && after != "" && len(id) <= longestID && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) })
}
