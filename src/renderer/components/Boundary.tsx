/** Keeps a bug of a view from taking the window with it. */
import { Component, type ReactNode } from 'react';
import { FailureNote } from './FailureNote';

/** Bugs of a view end here; the rest of the window lives on. A new `place` clears it. */
export class Boundary extends Component<
  { place: string; children: ReactNode },
  { error: unknown; place: string }
> {
  override state = { error: null as unknown, place: this.props.place };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  static getDerivedStateFromProps(
    props: { place: string },
    state: { error: unknown; place: string },
  ) {
    return props.place === state.place ? null : { error: null, place: props.place };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <main className="page narrow">
        <FailureNote error={this.state.error} onRetry={() => this.setState({ error: null })} />
      </main>
    );
  }
}
