package flowtest_test

import (
	"os"
	"testing"

	"callflow/flows/flowtest"
)

// BenchmarkScenario plays the longest scenario of the bank line, expectations and
// all: sign-in, balance, payments, goodbye. A second has room for more than 10,000
// of them.
func BenchmarkScenario(b *testing.B) {
	program := example(b, "authzero")
	program.Warm()
	read := func(file string) string {
		src, err := os.ReadFile("../../examples/authzero/" + file)
		if err != nil {
			b.Fatal(err)
		}
		return string(src)
	}
	s := suite(b, read("flow_test.yaml"))
	beside := given(b, read("standins.yaml"))
	users := given(b, "users: [{ account: 12345, pin: 1234, greeting: Maria }]")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			test := s.Tests[0]
			result, err := test.Run(b.Context(), program, flowtest.NewStage(nil, &test.Given, beside, users))
			if err != nil || result.Failure != nil {
				b.Errorf("%v, %+v", err, result.Failure)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
