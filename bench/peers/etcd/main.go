// Load on an etcd cluster from one client process over gRPC: puts, or linearizable gets. It reads one
// JSON object a line and answers each with one; it ends with its standard input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
)

type question struct {
	ID           int    `json:"id"`
	Ask          string `json:"ask"`
	InFlight     int    `json:"inFlight"`
	PayloadBytes int    `json:"payloadBytes"`
	WarmUpMs     int    `json:"warmUpMs"`
	MeasureMs    int    `json:"measureMs"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func status(client *clientv3.Client, endpoints []string) interface{} {
	for _, endpoint := range endpoints {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		answer, err := client.Status(ctx, endpoint)
		cancel()
		if err == nil && answer.Leader != 0 && answer.Leader == answer.Header.MemberId {
			return endpoint
		}
	}
	return nil
}

func load(client *clientv3.Client, q question) map[string]interface{} {
	value := strings.Repeat("x", q.PayloadBytes)
	from := time.Now().Add(time.Duration(q.WarmUpMs) * time.Millisecond)
	until := from.Add(time.Duration(q.MeasureMs) * time.Millisecond)
	var group sync.WaitGroup
	var mutex sync.Mutex
	latencies := []float64{}
	failed := 0
	for worker := 0; worker < q.InFlight; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			mine := []float64{}
			bad := 0
			for number := 0; ; number++ {
				began := time.Now()
				if !began.Before(until) {
					break
				}
				key := fmt.Sprintf("key-%d", (worker*7919+number)%1000)
				var err error
				if q.Ask == "get" {
					_, err = client.Get(context.Background(), key)
				} else {
					_, err = client.Put(context.Background(), key, value)
				}
				ended := time.Now()
				if err != nil {
					bad++
				} else if !ended.Before(from) && ended.Before(until) {
					mine = append(mine, float64(ended.Sub(began).Microseconds())/1000)
				}
			}
			mutex.Lock()
			latencies = append(latencies, mine...)
			failed += bad
			mutex.Unlock()
		}(worker)
	}
	group.Wait()
	return map[string]interface{}{"latenciesMs": latencies, "failed": failed}
}

func connect(endpoints []string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, DialTimeout: 5 * time.Second})
	check(err)
	return client
}

func main() {
	endpoints := strings.Split(os.Args[1], ",")
	client := connect(endpoints)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var q question
		check(json.Unmarshal(lines.Bytes(), &q))
		var answer interface{}
		switch q.Ask {
		case "leader":
			leader := status(client, endpoints)
			if leader != nil {
				// The load goes straight to the leader: the best that etcd can be given.
				client.Close()
				client = connect([]string{leader.(string)})
			}
			answer = leader
		case "put", "get":
			answer = load(client, q)
		}
		text, err := json.Marshal(map[string]interface{}{"id": q.ID, "answer": answer})
		check(err)
		fmt.Println(string(text))
	}
}
