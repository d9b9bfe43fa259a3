// Package sender delivers commands to the APIs of platforms that take nothing from the
// answer to a webhook.
//
//	s := sender.New(codecs, nil)
//	err := s.Deliver(ctx, command)
//
// One call is one attempt: an HTTP request with the platform's own credentials and the
// command's own key, bounded in time and in what is read of the answer, which the
// platform's codec judges. Redirects are not followed, so that credentials go nowhere
// else. Trying again, in what order, and for how long, is for whoever has promised the
// command: the runner keeps them in its outbox, with the turn that they belong to, and
// ends the call where the platform does not take them.
package sender
