/** The elements of MathML Core that formulas are written in; React knows how to make them, its types do not name them. */
import type { HTMLAttributes } from 'react';

type MathElement = HTMLAttributes<MathMLElement> & { readonly display?: 'inline' | 'block' };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      math: MathElement;
      mrow: MathElement;
      mi: MathElement & { readonly mathvariant?: 'normal' };
      mn: MathElement;
      mo: MathElement;
      mtext: MathElement;
      mfrac: MathElement;
      msub: MathElement;
      msup: MathElement;
    }
  }
}
