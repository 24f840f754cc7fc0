/** Strongly connected components: Tarjan's algorithm (1972), with a stack of its own in place of recursion. */

/** Components of more than one node, largest first. @param out where the edges of each node lead */
export function cyclesOf<Node>(out: ReadonlyMap<Node, readonly Node[]>): Node[][] {
  const index = new Map<Node, number>();
  const low = new Map<Node, number>();
  const onStack = new Set<Node>();
  const stack: Node[] = [];
  const components: Node[][] = [];
  for (const start of out.keys()) {
    if (index.has(start)) continue;
    const calls: { node: Node; next: number }[] = [{ node: start, next: 0 }];
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { node } = call;
      if (call.next === 0) {
        index.set(node, index.size);
        low.set(node, index.size - 1);
        stack.push(node);
        onStack.add(node);
      }
      const target = out.get(node)?.[call.next];
      call.next += 1;
      if (target !== undefined) {
        if (!index.has(target)) calls.push({ node: target, next: 0 });
        else if (onStack.has(target)) low.set(node, Math.min(low.get(node) ?? 0, index.get(target) ?? 0));
        continue;
      }
      calls.pop();
      const parent = calls.at(-1);
      if (parent !== undefined) low.set(parent.node, Math.min(low.get(parent.node) ?? 0, low.get(node) ?? 0));
      if (low.get(node) !== index.get(node)) continue;
      const component: Node[] = [];
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        onStack.delete(member);
        component.push(member);
        if (member === node) break;
      }
      if (component.length > 1) components.push(component);
    }
  }
  return components.sort((a, b) => b.length - a.length);
}
