// One server of a hashicorp/raft cluster with raft-boltdb, and the load on it where it leads:
// proposals from inside the leader's process. It reads one JSON object a line and answers each with
// one; it ends with its standard input.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb"
)

type machine struct{}

func (machine) Apply(*raft.Log) interface{}         { return nil }
func (machine) Snapshot() (raft.FSMSnapshot, error) { return snapshot{}, nil }
func (machine) Restore(from io.ReadCloser) error    { return from.Close() }

type snapshot struct{}

func (snapshot) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (snapshot) Release()                             {}

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

func open(number int, addresses []string, directory string) *raft.Raft {
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(addresses[number])
	config.Logger = hclog.New(&hclog.LoggerOptions{Output: io.Discard})
	// Many proposals at once are given to one write, as far as the library can.
	config.MaxAppendEntries = 1024
	store, err := raftboltdb.NewBoltStore(filepath.Join(directory, fmt.Sprintf("bolt-%d", number)))
	check(err)
	tcp, err := net.ResolveTCPAddr("tcp", addresses[number])
	check(err)
	transport, err := raft.NewTCPTransport(addresses[number], tcp, 3, 10*time.Second, io.Discard)
	check(err)
	node, err := raft.NewRaft(config, machine{}, store, store, raft.NewDiscardSnapshotStore(), transport)
	check(err)
	servers := []raft.Server{}
	for _, address := range addresses {
		servers = append(servers, raft.Server{ID: raft.ServerID(address), Address: raft.ServerAddress(address)})
	}
	check(node.BootstrapCluster(raft.Configuration{Servers: servers}).Error())
	return node
}

func load(node *raft.Raft, q question) map[string]interface{} {
	payload := make([]byte, q.PayloadBytes)
	from := time.Now().Add(time.Duration(q.WarmUpMs) * time.Millisecond)
	until := from.Add(time.Duration(q.MeasureMs) * time.Millisecond)
	var group sync.WaitGroup
	var mutex sync.Mutex
	latencies := []float64{}
	failed := 0
	for worker := 0; worker < q.InFlight; worker++ {
		group.Add(1)
		go func() {
			defer group.Done()
			mine := []float64{}
			bad := 0
			for {
				began := time.Now()
				if !began.Before(until) {
					break
				}
				err := node.Apply(payload, 30*time.Second).Error()
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
		}()
	}
	group.Wait()
	return map[string]interface{}{"latenciesMs": latencies, "failed": failed}
}

func main() {
	var number int
	fmt.Sscan(os.Args[1], &number)
	node := open(number, strings.Split(os.Args[2], ","), os.Args[3])
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var q question
		check(json.Unmarshal(lines.Bytes(), &q))
		var answer interface{} = true
		switch q.Ask {
		case "leads":
			answer = node.State() == raft.Leader
		case "run":
			answer = load(node, q)
		}
		text, err := json.Marshal(map[string]interface{}{"id": q.ID, "answer": answer})
		check(err)
		fmt.Println(string(text))
	}
}
